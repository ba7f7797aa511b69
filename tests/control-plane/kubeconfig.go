package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const kubeconfigMark = "# Written by control-plane up, and removed when it ends.\n"

// checkKubeconfigTarget refuses to overwrite a kubeconfig that is not one of ours.
func checkKubeconfigTarget(path string) error {
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) || err == nil && (len(text) == 0 || bytes.HasPrefix(text, []byte(kubeconfigMark))) {
		return nil
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("%s exists and is not one of ours", path)
}

func removeKubeconfig(path string) {
	if text, err := os.ReadFile(path); err == nil && bytes.HasPrefix(text, []byte(kubeconfigMark)) {
		os.Remove(path)
	}
}

// logins are the contexts of the kubeconfig after the administrator's, each named by the rig's name and this suffix.
var logins = []struct {
	suffix, namespace string
	token             int
}{
	{"-team-a", "team-a", teamAToken},
	{"-nobody", "", nobodyToken},
	{"-two-teams", "", twoTeamsToken},
	{"-lister", "", listerToken},
	{"-reader", "", readerToken},
}

// contexts are the names of all contexts of the kubeconfig.
func (r *rig) contexts() []string {
	names := []string{r.context}
	for _, login := range logins {
		names = append(names, r.context+login.suffix)
	}
	return append(names, r.context+"-cert")
}

// writeKubeconfig writes the users' kubeconfig.
func (r *rig) writeKubeconfig() error {
	name, encode := r.context, base64.StdEncoding.EncodeToString
	user := func(suffix, credentials string) string {
		return "- name: " + quote(name+suffix) + "\n  user:\n" + credentials
	}
	token := func(which int) string { return "    token: " + r.pki.tokens[which] + "\n" }
	view := func(suffix, user, namespace string) string {
		text := "- name: " + quote(name+suffix) + "\n  context:\n    cluster: " + quote(name) + "\n    user: " + quote(name+user) + "\n"
		if namespace != "" {
			text += "    namespace: " + namespace + "\n"
		}
		return text
	}
	contexts, users := view("", "-admin", ""), user("-admin", token(adminToken))
	for _, login := range logins {
		contexts += view(login.suffix, login.suffix, login.namespace)
		users += user(login.suffix, token(login.token))
	}
	contexts += view("-cert", "-cert", "")
	users += user("-cert", "    client-certificate-data: "+encode(r.pki.read("admin.crt"))+"\n    client-key-data: "+encode(r.pki.read("admin.key"))+"\n")
	text := kubeconfigMark + "apiVersion: v1\nkind: Config\ncurrent-context: " + quote(name) + "\npreferences: {}\n" +
		"clusters:\n- name: " + quote(name) + "\n  cluster:\n    server: " + r.server +
		"\n    certificate-authority-data: " + encode(r.pki.read("ca.crt")) + "\n" +
		"contexts:\n" + contexts + "users:\n" + users
	return writeAtomically(r.kubeconfig, text)
}

// writeComponentsKubeconfig writes the one for controller-manager, scheduler and kwok.
func (r *rig) writeComponentsKubeconfig() error {
	text := "apiVersion: v1\nkind: Config\ncurrent-context: rig\n" +
		"clusters:\n- name: rig\n  cluster: {server: \"" + r.server + "\", certificate-authority: " + quote(r.pki.path("ca.crt")) + "}\n" +
		"contexts:\n- name: rig\n  context: {cluster: rig, user: rig}\n" +
		"users:\n- name: rig\n  user: {token: " + r.pki.tokens[componentToken] + "}\n"
	return writeAtomically(r.pki.path("components.kubeconfig"), text)
}

func quote(s string) string { return strconv.Quote(s) }

// writeAtomically lets no reader see half a file.
func writeAtomically(path, text string) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	if _, err := strings.NewReader(text).WriteTo(file); err != nil {
		file.Close()
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
