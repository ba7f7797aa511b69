use super::*;
use proptest::prelude::*;

#[derive(Clone, PartialEq, Debug)]
enum Owned {
    Meta(ListMeta),
    Columns(String),
    Item(Vec<u8>),
}

fn read(encoding: Encoding, body: &[u8], cut: &[usize]) -> Result<Vec<Owned>, WireError> {
    let mut reader = ListReader::new(encoding);
    let mut pieces = Vec::new();
    let mut rest = body;
    let mut cuts = cut.iter().cycle();
    while !rest.is_empty() {
        let len = cuts.next().map_or(rest.len(), |&len| len.clamp(1, rest.len()));
        let (now, later) = rest.split_at(len);
        rest = later;
        reader.push(now, |piece| {
            pieces.push(match piece {
                ListPiece::Meta(meta) => Owned::Meta(meta),
                ListPiece::Columns(json) => Owned::Columns(String::from_utf8_lossy(json).into_owned()),
                ListPiece::Item(bytes) => Owned::Item(bytes.to_vec()),
            });
            Ok::<(), WireError>(())
        })?;
    }
    reader.finish()?;
    Ok(pieces)
}

fn delimited(number: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    prost::encoding::encode_varint(payload.len() as u64, &mut out);
    out.extend_from_slice(payload);
    out
}

fn envelope(raw: &[u8]) -> Vec<u8> {
    let kind = [delimited(1, b"v1"), delimited(2, b"PodList")].concat();
    [b"k8s\0".to_vec(), delimited(1, &kind), delimited(2, raw), delimited(3, b""), delimited(4, b"")].concat()
}

fn protobuf_list(items: &[Vec<u8>]) -> Vec<u8> {
    let meta = [delimited(2, b"17"), delimited(3, b"next"), vec![4 << 3, 5]].concat();
    let items: Vec<u8> = items.iter().flat_map(|item| delimited(2, item)).collect();
    envelope(&[delimited(1, &meta), items].concat())
}

fn meta() -> ListMeta {
    ListMeta { resource_version: "17".into(), next: "next".into(), remaining_item_count: Some(5) }
}

const JSON: &str = r#" {"kind":"List", "apiVersion":"v1","metadata":{"resourceVersion":"17","continue":"next",
 "remainingItemCount":5},"columnDefinitions":[{"name":"A \"[{"}] , "items":[ {"a":"}\\\"]{"}, {"b":[1,{"c":"界"}]},3 ,"s\\",null]
 ,"extra":{"x":[]}, "more":null} "#;

fn want_json() -> Vec<Owned> {
    let item = |text: &str| Owned::Item(text.as_bytes().to_vec());
    vec![
        Owned::Meta(meta()),
        Owned::Columns(r#"[{"name":"A \"[{"}]"#.into()),
        item(r#"{"a":"}\\\"]{"}"#),
        item(r#"{"b":[1,{"c":"界"}]}"#),
        item("3 "),
        item(r#""s\\""#),
        item("null"),
    ]
}

#[test]
fn json_list_in_one_piece_and_byte_by_byte() {
    assert_eq!(read(Encoding::Json, JSON.as_bytes(), &[JSON.len()]), Ok(want_json()));
    assert_eq!(read(Encoding::Json, JSON.as_bytes(), &[1]), Ok(want_json()));
}

#[test]
fn a_cut_list_is_an_error() {
    for end in 0..JSON.trim_end().len() {
        assert!(read(Encoding::Json, &JSON.as_bytes()[..end], &[7]).is_err(), "cut at {end}");
    }
    let body = protobuf_list(&[b"one".to_vec(), Vec::new(), vec![7; 300]]);
    // The two empty fields of the envelope after the list say nothing.
    for end in 0..body.len() - 4 {
        assert_eq!(read(Encoding::Protobuf, &body[..end], &[7]), Err(WireError::Truncated), "cut at {end}");
    }
}

#[test]
fn an_empty_list() {
    assert_eq!(read(Encoding::Json, br#"{"items":[]}"#, &[1]), Ok(vec![]));
    assert_eq!(
        read(Encoding::Json, br#"{"items":null,"metadata":{}}"#, &[1]),
        Ok(vec![Owned::Meta(ListMeta::default())])
    );
    assert_eq!(read(Encoding::Protobuf, &envelope(b""), &[1]), Ok(vec![]));
}

fn frames(events: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (kind, object) in events {
        let event = [delimited(1, kind.as_bytes()), delimited(2, &delimited(1, &envelope(object)))].concat();
        out.extend((event.len() as u32).to_be_bytes());
        out.extend(event);
    }
    out
}

fn watch(encoding: Encoding, body: &[u8], len: usize) -> Result<Vec<(EventType, Vec<u8>)>, WireError> {
    let mut reader = WatchReader::new(encoding);
    let mut events = Vec::new();
    for bytes in body.chunks(len) {
        reader.push(bytes, |kind, object| {
            events.push((kind, object.to_vec()));
            Ok::<(), WireError>(())
        })?;
    }
    Ok(events)
}

#[test]
fn watches_cut_anywhere() {
    let want = vec![
        (EventType::Added, b"{\"a\":\"\xe7\x95\x8c\"}".to_vec()),
        (EventType::Deleted, b"{}".to_vec()),
        (EventType::Bookmark, b"{\"b\": 1}".to_vec()),
    ];
    let json = "{\"type\":\"ADDED\",\"object\":{\"a\":\"界\"}}\n\n{\"type\":\"DELETED\",\"object\":{}}\r\n\
                {\"type\":\"NEWER\",\"object\":{}}\n{\"object\":{\"b\": 1},\"type\":\"BOOKMARK\"}\n";
    let protobuf = frames(&[
        ("ADDED", "{\"a\":\"界\"}".as_bytes()),
        ("DELETED", b"{}"),
        ("NEWER", b"?"),
        ("BOOKMARK", b"{\"b\": 1}"),
    ]);
    for len in 1..80 {
        assert_eq!(watch(Encoding::Json, json.as_bytes(), len).as_ref(), Ok(&want));
        assert_eq!(watch(Encoding::Protobuf, &protobuf, len).as_ref(), Ok(&want));
    }
}

#[test]
fn bookmarks_in_all_forms() {
    let want = Bookmark { resource_version: "42".into(), ends_list: true };
    let object = br#"{"metadata":{"resourceVersion":"42","annotations":{"k8s.io/initial-events-end":"true"}}}"#;
    assert_eq!(json::bookmark(object).as_ref(), Ok(&want));
    let table = br#"{"kind":"Table","metadata":{},"rows":[{"cells":[],"object":{"metadata":{"resourceVersion":"42","annotations":{"k8s.io/initial-events-end":"true"}}}}]}"#;
    assert_eq!(json::bookmark(table).as_ref(), Ok(&want));
    let told_twice = br#"{"kind":"Table","metadata":{"resourceVersion":"42"},"rows":[{"cells":["","<unknown>"],"object":{"kind":"PartialObjectMetadata","metadata":{"resourceVersion":"42","annotations":{"k8s.io/initial-events-end":"true"}}}}]}"#;
    assert_eq!(json::bookmark(told_twice).as_ref(), Ok(&want));
    let annotation = [delimited(1, b"k8s.io/initial-events-end"), delimited(2, b"true")].concat();
    let meta = [delimited(6, b"42"), delimited(12, &annotation)].concat();
    assert_eq!(protobuf::bookmark(&delimited(1, &meta)).as_ref(), Ok(&want));
}

#[test]
fn errors_keep_the_servers_words() {
    let body = br#"{"kind":"Status","message":"pods is forbidden","reason":"Forbidden","code":403}"#;
    let want = Status { code: 403, reason: "Forbidden".into(), message: "pods is forbidden".into() };
    assert_eq!(Status::of(403, Some(Encoding::Json), body), want);
    let message = [delimited(3, b"pods is forbidden"), delimited(4, b"Forbidden"), vec![6 << 3, 0x93, 3]].concat();
    assert_eq!(Status::of(403, Some(Encoding::Protobuf), &envelope(&message)), want);
    assert_eq!(Status::of(502, None, b"\n<h1>Bad gateway</h1>\nmore").message, "<h1>Bad gateway</h1>");
    assert_eq!(Status::of(500, Some(Encoding::Json), b"").message, "HTTP status 500 without a body");
}

#[test]
fn content_types() {
    assert_eq!(Encoding::of("application/vnd.kubernetes.protobuf;stream=watch"), Some(Encoding::Protobuf));
    assert_eq!(Encoding::of("application/json; charset=utf-8"), Some(Encoding::Json));
    assert_eq!(Encoding::of("text/html"), None);
}

proptest! {
    #[test]
    fn protobuf_list_cut_anywhere(
        items in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..12),
        cut in proptest::collection::vec(1..40_usize, 1..8),
    ) {
        let mut want = vec![Owned::Meta(meta())];
        want.extend(items.iter().cloned().map(Owned::Item));
        prop_assert_eq!(read(Encoding::Protobuf, &protobuf_list(&items), &cut), Ok(want));
    }

    #[test]
    fn json_list_cut_anywhere(cut in proptest::collection::vec(1..60_usize, 1..8)) {
        prop_assert_eq!(read(Encoding::Json, JSON.as_bytes(), &cut), Ok(want_json()));
    }

    #[test]
    fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300), len in 1..50_usize) {
        for encoding in [Encoding::Json, Encoding::Protobuf] {
            let _ = read(encoding, &bytes, &[len]);
            let _ = read(encoding, &[b"k8s\0", bytes.as_slice()].concat(), &[len]);
            let _ = read(encoding, &[b"{\"items\":[", bytes.as_slice()].concat(), &[len]);
            let _ = watch(encoding, &bytes, len);
            let _ = Status::of(500, Some(encoding), &bytes);
        }
        let _ = (json::bookmark(&bytes), protobuf::bookmark(&bytes), table::Layout::parse(&bytes));
    }
}
