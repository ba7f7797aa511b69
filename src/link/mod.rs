//! Kubeconfig, credentials and one authenticated HTTP link to a cluster.
