package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// apiClient asks the few questions that tell whether a component is ready.
type apiClient struct {
	server, token string
	http          *http.Client
}

func newAPIClient(server string, p *pki, user int) (*apiClient, error) {
	config, err := p.clientTLS()
	if err != nil {
		return nil, err
	}
	config.Certificates = nil
	// One connection for each question: a server that starts anew is met as a client would meet it.
	transport := &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}
	return &apiClient{server, p.tokens[user], &http.Client{Transport: transport, Timeout: 5 * time.Second}}, nil
}

func (a *apiClient) get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+a.token)
	response, err := a.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s: %s", url, response.Status, strings.TrimSpace(string(body)))
	}
	return body, nil
}

// serverReady also wants the default namespace, which the server itself makes a moment after it says ready.
func (a *apiClient) serverReady(ctx context.Context) error {
	if _, err := a.get(ctx, a.server+"/readyz"); err != nil {
		return err
	}
	_, err := a.get(ctx, a.server+"/api/v1/namespaces/default")
	return err
}

func (a *apiClient) healthy(port int) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := a.get(ctx, url(port)+"/healthz")
		return err
	}
}

func (a *apiClient) nodesReady(ctx context.Context, want int) error {
	body, err := a.get(ctx, a.server+"/api/v1/nodes?labelSelector="+rigNodeLabel)
	if err != nil {
		return err
	}
	var list struct {
		Items []struct {
			Spec struct {
				Taints []struct{ Key string }
			}
			Status struct {
				Conditions []struct{ Type, Status string }
			}
		}
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return err
	}
	ready := 0
	for _, node := range list.Items {
		for _, c := range node.Status.Conditions {
			if c.Type == "Ready" && c.Status == "True" && len(node.Spec.Taints) == 0 {
				ready++
			}
		}
	}
	if ready < want {
		return fmt.Errorf("%d of %d nodes are ready", ready, want)
	}
	return nil
}
