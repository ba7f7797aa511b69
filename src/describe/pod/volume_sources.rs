//! What each type of volume shows: a table.

/// A type of volume: the field that holds it, what it is, and its fields as label and path. A path
/// with `?` in front shows only where it is set.
pub(super) struct Source {
    pub field: &'static str,
    pub about: &'static str,
    pub shows: &'static [(&'static str, &'static str)],
}

const fn source(field: &'static str, about: &'static str, shows: &'static [(&'static str, &'static str)]) -> Source {
    Source { field, about, shows }
}

/// All types but those that are made of others (projected, ephemeral, downward API).
pub(super) static SOURCES: [Source; 28] = [
    source("hostPath", "HostPath (bare host directory volume)", &[("Path", "path"), ("HostPathType", "type")]),
    source(
        "emptyDir",
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        &[("Medium", "medium"), ("SizeLimit", "sizeLimit")],
    ),
    source(
        "secret",
        "Secret (a volume populated by a Secret)",
        &[("SecretName", "secretName"), ("Optional", "optional")],
    ),
    source("configMap", "ConfigMap (a volume populated by a ConfigMap)", &[("Name", "name"), ("Optional", "optional")]),
    source(
        "persistentVolumeClaim",
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        &[("ClaimName", "claimName"), ("ReadOnly", "readOnly")],
    ),
    source(
        "csi",
        "CSI (a Container Storage Interface (CSI) volume source)",
        &[
            ("Driver", "driver"),
            ("FSType", "fsType"),
            ("VolumeHandle", "?volumeHandle"),
            ("ReadOnly", "readOnly"),
            ("VolumeAttributes", "volumeAttributes"),
            ("NodePublishSecretRef", "?nodePublishSecretRef"),
            ("NodeStageSecretRef", "?nodeStageSecretRef"),
            ("NodeExpandSecretRef", "?nodeExpandSecretRef"),
            ("ControllerPublishSecretRef", "?controllerPublishSecretRef"),
            ("ControllerExpandSecretRef", "?controllerExpandSecretRef"),
        ],
    ),
    source(
        "image",
        "Image (a container image or OCI artifact)",
        &[("Reference", "reference"), ("PullPolicy", "pullPolicy")],
    ),
    source(
        "nfs",
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        &[("Server", "server"), ("Path", "path"), ("ReadOnly", "readOnly")],
    ),
    source(
        "local",
        "LocalVolume (a persistent volume backed by local storage on a node)",
        &[("Path", "path"), ("FSType", "?fsType")],
    ),
    source(
        "iscsi",
        "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)",
        &[
            ("TargetPortal", "targetPortal"),
            ("IQN", "iqn"),
            ("Lun", "lun"),
            ("ISCSIInterface", "iscsiInterface"),
            ("FSType", "fsType"),
            ("ReadOnly", "readOnly"),
            ("Portals", "portals"),
            ("DiscoveryCHAPAuth", "chapAuthDiscovery"),
            ("SessionCHAPAuth", "chapAuthSession"),
            ("SecretRef", "secretRef"),
            ("InitiatorName", "initiatorName"),
        ],
    ),
    source(
        "fc",
        "FC (a Fibre Channel disk)",
        &[
            ("TargetWWNs", "targetWWNs"),
            ("LUN", "lun"),
            ("FSType", "fsType"),
            ("ReadOnly", "readOnly"),
            ("WWIDs", "?wwids"),
        ],
    ),
    source(
        "cephfs",
        "CephFS (a CephFS mount on the host that shares a pod's lifetime)",
        &[
            ("Monitors", "monitors"),
            ("Path", "path"),
            ("User", "user"),
            ("SecretFile", "secretFile"),
            ("SecretRef", "secretRef"),
            ("ReadOnly", "readOnly"),
        ],
    ),
    source(
        "rbd",
        "RBD (a Rados Block Device mount on the host that shares a pod's lifetime)",
        &[
            ("CephMonitors", "monitors"),
            ("RBDImage", "image"),
            ("FSType", "fsType"),
            ("RBDPool", "pool"),
            ("RadosUser", "user"),
            ("Keyring", "keyring"),
            ("SecretRef", "secretRef"),
            ("ReadOnly", "readOnly"),
        ],
    ),
    source(
        "glusterfs",
        "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)",
        &[
            ("EndpointsName", "endpoints"),
            ("EndpointsNamespace", "?endpointsNamespace"),
            ("Path", "path"),
            ("ReadOnly", "readOnly"),
        ],
    ),
    source(
        "awsElasticBlockStore",
        "AWSElasticBlockStore (a Persistent Disk resource in AWS)",
        &[("VolumeID", "volumeID"), ("FSType", "fsType"), ("Partition", "partition"), ("ReadOnly", "readOnly")],
    ),
    source(
        "gcePersistentDisk",
        "GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)",
        &[("PDName", "pdName"), ("FSType", "fsType"), ("Partition", "partition"), ("ReadOnly", "readOnly")],
    ),
    source(
        "azureDisk",
        "AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)",
        &[
            ("DiskName", "diskName"),
            ("DiskURI", "diskURI"),
            ("Kind", "kind"),
            ("FSType", "fsType"),
            ("CachingMode", "cachingMode"),
            ("ReadOnly", "readOnly"),
        ],
    ),
    source(
        "azureFile",
        "AzureFile (an Azure File Service mount on the host and bind mount to the pod)",
        &[
            ("SecretName", "secretName"),
            ("SecretNamespace", "?secretNamespace"),
            ("ShareName", "shareName"),
            ("ReadOnly", "readOnly"),
        ],
    ),
    source(
        "vsphereVolume",
        "vSphereVolume (a Persistent Disk resource in vSphere)",
        &[("VolumePath", "volumePath"), ("FSType", "fsType"), ("StoragePolicyName", "storagePolicyName")],
    ),
    source(
        "cinder",
        "Cinder (a Persistent Disk resource in OpenStack)",
        &[("VolumeID", "volumeID"), ("FSType", "fsType"), ("ReadOnly", "readOnly"), ("SecretRef", "secretRef")],
    ),
    source(
        "flexVolume",
        "FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)",
        &[
            ("Driver", "driver"),
            ("FSType", "fsType"),
            ("SecretRef", "secretRef"),
            ("ReadOnly", "readOnly"),
            ("Options", "options"),
        ],
    ),
    source(
        "flocker",
        "Flocker (a Flocker volume mounted by the Flocker agent)",
        &[("DatasetName", "datasetName"), ("DatasetUUID", "datasetUUID")],
    ),
    source(
        "gitRepo",
        "GitRepo (a volume that is pulled from git when the pod is created)",
        &[("Repository", "repository"), ("Revision", "revision")],
    ),
    source(
        "photonPersistentDisk",
        "PhotonPersistentDisk (a Persistent Disk resource in photon platform)",
        &[("PdID", "pdID"), ("FSType", "fsType")],
    ),
    source("portworxVolume", "PortworxVolume (a Portworx Volume resource)", &[("VolumeID", "volumeID")]),
    source(
        "quobyte",
        "Quobyte (a Quobyte mount on the host that shares a pod's lifetime)",
        &[("Registry", "registry"), ("Volume", "volume"), ("ReadOnly", "readOnly")],
    ),
    source(
        "scaleIO",
        "ScaleIO (a persistent volume backed by a block device in ScaleIO)",
        &[
            ("Gateway", "gateway"),
            ("System", "system"),
            ("Protection Domain", "protectionDomain"),
            ("Storage Pool", "storagePool"),
            ("Storage Mode", "storageMode"),
            ("VolumeName", "volumeName"),
            ("SecretName", "?secretRef.name"),
            ("SecretNamespace", "?secretRef.namespace"),
            ("FSType", "fsType"),
            ("ReadOnly", "readOnly"),
        ],
    ),
    source(
        "storageos",
        "StorageOS (a StorageOS Persistent Disk resource)",
        &[
            ("VolumeName", "volumeName"),
            ("VolumeNamespace", "volumeNamespace"),
            ("FSType", "fsType"),
            ("ReadOnly", "readOnly"),
        ],
    ),
];
