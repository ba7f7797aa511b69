package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/grpclog"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/client-go/kubernetes/scheme"
)

// store writes objects where the API server keeps them, in the form in which it writes them itself. That is many
// times faster than asking the API server, which notices each change as if it had made it.
type store struct {
	client      *clientv3.Client
	kubeletPort int32
	options     options
	fleet       *fleet
}

const (
	batch    = 100 // puts in one transaction
	podsRoot = "/registry/pods/"
)

func newStore(endpoint string, p *pki, o options) (*store, error) {
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard))
	config, err := p.clientTLS()
	if err != nil {
		return nil, err
	}
	client, err := clientv3.New(clientv3.Config{
		Endpoints: []string{endpoint}, TLS: config, Logger: zap.NewNop(),
		DialKeepAliveTime: 10 * time.Second, DialKeepAliveTimeout: 5 * time.Second,
		// etcd is killed and started again: be there when it is.
		DialOptions: []grpc.DialOption{grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{BaseDelay: 30 * time.Millisecond, Multiplier: 1.2, MaxDelay: 200 * time.Millisecond}, MinConnectTimeout: time.Second,
		})},
	})
	return &store{client: client, options: o}, err
}

func (s *store) close() { s.client.Close() }

func (s *store) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err := s.client.Get(ctx, "ready")
	return err
}

// object is one thing to store.
type object struct {
	key   string
	value runtime.Object
}

var protobufSerializer = protobuf.NewSerializer(scheme.Scheme, scheme.Scheme)

func encode(value runtime.Object) (string, error) {
	var version schema.GroupVersion
	switch value.(type) {
	case *appsv1.Deployment, *appsv1.ReplicaSet:
		version = appsv1.SchemeGroupVersion
	case *batchv1.Job:
		version = batchv1.SchemeGroupVersion
	case *rbacv1.Role, *rbacv1.RoleBinding, *rbacv1.ClusterRole, *rbacv1.ClusterRoleBinding:
		version = rbacv1.SchemeGroupVersion
	default:
		version = corev1.SchemeGroupVersion
	}
	data, err := runtime.Encode(scheme.Codecs.EncoderForVersion(protobufSerializer, version), value)
	return string(data), err
}

// put writes the objects, in transactions of one batch each.
func (s *store) put(ctx context.Context, objects []object) error {
	for len(objects) > 0 {
		n := min(batch, len(objects))
		operations := make([]clientv3.Op, n)
		for i, o := range objects[:n] {
			data, err := encode(o.value)
			if err != nil {
				return fmt.Errorf("%s: %w", o.key, err)
			}
			operations[i] = clientv3.OpPut(o.key, data)
		}
		if _, err := s.client.Txn(ctx).Then(operations...).Commit(); err != nil {
			return err
		}
		objects = objects[n:]
	}
	return nil
}

// putAll writes what produce yields, encoding on every core.
func (s *store) putAll(ctx context.Context, produce func(yield func(object))) error {
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan []object, 8)
	group.Go(func() error {
		defer close(batches)
		var current []object
		send := func() {
			select {
			case batches <- current:
			case <-ctx.Done():
			}
			current = nil
		}
		produce(func(o object) {
			if current = append(current, o); len(current) == batch {
				send()
			}
		})
		send()
		return ctx.Err()
	})
	for range 4 {
		group.Go(func() error {
			for objects := range batches {
				if err := s.put(ctx, objects); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// fill writes everything that is there from the start.
func (r *rig) fill(ctx context.Context) error {
	s := r.store
	s.fleet = newFleet(r.options, s.kubeletPort)
	return s.putAll(ctx, func(yield func(object)) {
		teams(yield)
		if r.pods == 0 {
			teamPods(yield)
		}
		for i := range r.nodes {
			yield(rigNode(i))
		}
		if r.pods == 0 {
			return
		}
		s.fleet.places(yield)
		s.fleet.pods(r.pods, yield)
	})
}

func (s *store) addPods(ctx context.Context, n int) (int, error) {
	if s.options.pods == 0 && s.fleet.next == 0 {
		if err := s.putAll(ctx, s.fleet.places); err != nil {
			return 0, err
		}
	}
	return n, s.putAll(ctx, func(yield func(object)) { s.fleet.pods(n, yield) })
}

func (s *store) podKeys(ctx context.Context) ([]string, error) {
	answer, err := s.client.Get(ctx, podsRoot, clientv3.WithPrefix(), clientv3.WithKeysOnly())
	if err != nil {
		return nil, err
	}
	keys := make([]string, len(answer.Kvs))
	for i, kv := range answer.Kvs {
		keys[i] = string(kv.Key)
	}
	rand.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	return keys, nil
}

func (s *store) deletePods(ctx context.Context, n int) (int, error) {
	keys, err := s.podKeys(ctx)
	if err != nil {
		return 0, err
	}
	keys = keys[:min(n, len(keys))]
	deleted := 0
	for len(keys) > 0 {
		n := min(batch, len(keys))
		operations := make([]clientv3.Op, n)
		for i, key := range keys[:n] {
			operations[i] = clientv3.OpDelete(key)
		}
		answer, err := s.client.Txn(ctx).Then(operations...).Commit()
		if err != nil {
			return deleted, err
		}
		for _, response := range answer.Responses {
			deleted += int(response.GetResponseDeleteRange().Deleted)
		}
		keys = keys[n:]
	}
	return deleted, nil
}

// compact makes etcd forget everything before a revision that it makes for this.
func (s *store) compact(ctx context.Context) (int64, error) {
	answer, err := s.client.Put(ctx, "/control-plane/compacted", time.Now().Format(time.RFC3339Nano))
	if err != nil {
		return 0, err
	}
	revision := answer.Header.Revision
	_, err = s.client.Compact(ctx, revision, clientv3.WithCompactPhysical())
	return revision, err
}

// churn changes pods of these keys at the rate until the time is over, and says how many changes it wrote.
func (s *store) churn(ctx context.Context, keys []string, rate int, duration time.Duration) (int, error) {
	workers := min(1+rate/1000, 4, len(keys))
	var written, failed atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	for w := range workers {
		mine := keys[w*len(keys)/workers : (w+1)*len(keys)/workers]
		group.Go(func() error {
			next, done := 0, 0
			for {
				elapsed := time.Since(began)
				due := int(float64(rate)/float64(workers)*min(elapsed, duration).Seconds()) - done
				if due <= 0 {
					if elapsed >= duration {
						return nil
					}
					select {
					case <-ctx.Done():
						return ctx.Err()
					case <-time.After(10 * time.Millisecond):
					}
					continue
				}
				if elapsed > duration+time.Second {
					return nil // the rate is more than this machine writes; the number says so
				}
				chosen := make([]string, 0, batch)
				for range min(due, batch, len(mine)) {
					chosen = append(chosen, mine[next%len(mine)])
					next++
				}
				n, err := s.change(ctx, chosen)
				if err != nil {
					return err
				}
				// Pods that are gone, or were changed by another meanwhile, are made up for by others.
				if done += n; n == 0 {
					if failed.Add(1) > 1000 {
						return errors.New("no pod could be changed")
					}
					time.Sleep(time.Millisecond)
				}
				written.Add(int64(n))
			}
		})
	}
	err := group.Wait()
	return int(written.Load()), err
}

// change changes each of these pods once, and says how many it could.
func (s *store) change(ctx context.Context, keys []string) (int, error) {
	reads := make([]clientv3.Op, len(keys))
	for i, key := range keys {
		reads[i] = clientv3.OpGet(key)
	}
	answer, err := s.client.Txn(ctx).Then(reads...).Commit()
	if err != nil {
		return 0, err
	}
	var compares []clientv3.Cmp
	var writes []clientv3.Op
	for i, response := range answer.Responses {
		found := response.GetResponseRange().Kvs
		if len(found) == 0 {
			continue
		}
		decoded, _, err := scheme.Codecs.UniversalDeserializer().Decode(found[0].Value, nil, nil)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", keys[i], err)
		}
		pod, ok := decoded.(*corev1.Pod)
		if !ok {
			continue
		}
		changePod(pod, strconv.FormatInt(found[0].Version, 10))
		data, err := encode(pod)
		if err != nil {
			return 0, err
		}
		compares = append(compares, clientv3.Compare(clientv3.ModRevision(keys[i]), "=", found[0].ModRevision))
		writes = append(writes, clientv3.OpPut(keys[i], data))
	}
	if len(writes) == 0 {
		return 0, nil
	}
	committed, err := s.client.Txn(ctx).If(compares...).Then(writes...).Commit()
	if err != nil {
		return 0, err
	}
	if committed.Succeeded {
		return len(writes), nil
	}
	if len(keys) == 1 {
		return 0, nil
	}
	// One of them was changed meanwhile: write the others, each by itself.
	n := 0
	for i := range writes {
		committed, err := s.client.Txn(ctx).If(compares[i]).Then(writes[i]).Commit()
		if err != nil {
			return n, err
		}
		if committed.Succeeded {
			n++
		}
	}
	return n, nil
}
