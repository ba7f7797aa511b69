package main

import (
	"math/rand/v2"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func teamMeta(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: namespace, UID: uid(rand.Uint64()), CreationTimestamp: metav1.Now()}
}

func subject(token int) rbacv1.Subject {
	return rbacv1.Subject{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: tokenUsers[token].user}
}

func role(kind, name string) rbacv1.RoleRef {
	return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kind, Name: name}
}

// grantIn makes a role in a namespace and gives it to these users.
func grantIn(yield func(object), namespace, name string, rules []rbacv1.PolicyRule, tokens ...int) {
	yield(object{"/registry/roles/" + namespace + "/" + name, &rbacv1.Role{ObjectMeta: teamMeta(namespace, name), Rules: rules}})
	binding := &rbacv1.RoleBinding{ObjectMeta: teamMeta(namespace, name), RoleRef: role("Role", name)}
	for _, token := range tokens {
		binding.Subjects = append(binding.Subjects, subject(token))
	}
	yield(object{"/registry/rolebindings/" + namespace + "/" + name, binding})
}

// grant gives a cluster role to a user, everywhere.
func grant(yield func(object), name, clusterRole string, token int) {
	yield(object{"/registry/clusterrolebindings/" + name, &rbacv1.ClusterRoleBinding{
		ObjectMeta: teamMeta("", name), Subjects: []rbacv1.Subject{subject(token)}, RoleRef: role("ClusterRole", clusterRole),
	}})
}

// teams are the namespaces team-a and team-b, and the users who may see only some of the cluster.
func teams(yield func(object)) {
	may := func(group string, verbs []string, resources ...string) rbacv1.PolicyRule {
		return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: resources, Verbs: verbs}
	}
	read := []string{"get", "list", "watch"}
	rest := []rbacv1.PolicyRule{may("apps", read, "deployments"), may("events.k8s.io", read, "events")}
	for _, team := range []string{"team-a", "team-b"} {
		yield(namespace(team, metav1.Now().Time))
		rules := append([]rbacv1.PolicyRule{may("", read, "pods", "services", "events", "configmaps")}, rest...)
		grantIn(yield, team, "teams", rules, twoTeamsToken, listerToken)
	}
	grantIn(yield, "team-a", "viewer", append([]rbacv1.PolicyRule{may("", read, "pods", "services", "events")}, rest...), teamAToken)

	yield(object{"/registry/clusterroles/rig:lister", &rbacv1.ClusterRole{
		ObjectMeta: teamMeta("", "rig:lister"), Rules: []rbacv1.PolicyRule{may("", read[1:], "namespaces")},
	}})
	grant(yield, "rig:lister", "rig:lister", listerToken)
	grant(yield, "rig:reader", "view", readerToken)
	// The rules of `view` are gathered by a controller. Where none runs, they are these.
	grant(yield, "rig:reader:aggregated", "system:aggregate-to-view", readerToken)
}

// teamPods are what the teams run. They come up where there are nodes, and are Pending where there are none.
func teamPods(yield func(object)) {
	for _, team := range []struct {
		namespace string
		pods      []string
	}{
		{"team-a", []string{"web-0", "web-1", "worker-0"}},
		{"team-b", []string{"api-0", "api-1"}},
	} {
		for _, name := range team.pods {
			meta := teamMeta(team.namespace, name)
			meta.Labels = map[string]string{"app": name[:len(name)-2], "team": team.namespace}
			yield(object{podsRoot + team.namespace + "/" + name, &corev1.Pod{
				ObjectMeta: meta,
				Spec: corev1.PodSpec{
					Containers:    []corev1.Container{{Name: "main", Image: "registry.example.com/" + team.namespace + "/" + meta.Labels["app"] + ":1"}},
					SchedulerName: corev1.DefaultSchedulerName,
				},
				Status: corev1.PodStatus{Phase: corev1.PodPending, QOSClass: corev1.PodQOSBestEffort},
			}})
		}
	}
}
