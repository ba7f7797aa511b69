//! The clusters of a larger fleet.

use super::{PROFILES, Profile};

/// The most clusters.
pub const MOST: usize = 64;

/// Which of the company's own clusters it resembles, its name, its site and its region.
type Row = (usize, &'static str, &'static str, &'static str);

macro_rules! city {
    ($name:literal, $site:literal, $region:literal) => {
        [
            (0, concat!("prod-", $name), $site, $region),
            (2, concat!("edge-", $name), concat!($site, "e"), $region),
            (3, concat!("batch-", $name), concat!($site, "b"), $region),
        ]
    };
}

/// Clusters of a city: production, edge, batch.
static CITIES: [[Row; 3]; 20] = [
    city!("hangzhou", "hz", "cn-hangzhou"),
    city!("shenzhen", "sz", "cn-shenzhen"),
    city!("virginia", "iad", "us-east-1"),
    city!("tokyo", "nrt", "ap-northeast-1"),
    city!("chengdu", "ctu", "cn-chengdu"),
    city!("ireland", "dub", "eu-west-1"),
    city!("oregon", "pdx", "us-west-2"),
    city!("hongkong", "hkg", "ap-east-1"),
    city!("guangzhou", "can", "cn-guangzhou"),
    city!("mumbai", "bom", "ap-south-1"),
    city!("sydney", "syd", "ap-southeast-2"),
    city!("saopaulo", "gru", "sa-east-1"),
    city!("nanjing", "nkg", "cn-nanjing"),
    city!("london", "lhr", "eu-west-2"),
    city!("seoul", "icn", "ap-northeast-2"),
    city!("jakarta", "cgk", "ap-southeast-3"),
    city!("wuhan", "wuh", "cn-wuhan"),
    city!("stockholm", "arn", "eu-north-1"),
    city!("dubai", "dxb", "me-central-1"),
    city!("toronto", "yyz", "ca-central-1"),
];

/// A cluster of the fleet by its number.
pub fn profile(number: usize) -> Profile {
    if let Some(own) = PROFILES.get(number) {
        return own.clone();
    }
    let at = number - PROFILES.len();
    let (like, name, site, region) = CITIES[at % 20][(at / 20 + at % 20) % 3];
    let versions = ["v1.36.3", "v1.35.4", "v1.37.1", "v1.34.9"];
    let role = ["production", "staging", "edge", "batch"][like];
    let first_version = 1_204_417 + at as u64 * 731_903;
    Profile { name, site, region, role, first_version, git_version: versions[at % 4], ..PROFILES[like].clone() }
}
