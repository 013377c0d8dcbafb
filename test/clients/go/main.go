// Command client lists a gateway's tools and calls one of them with the official Go SDK, and prints
// what it got as one JSON object.
//
// Usage: client URL VERSION TOOL ARGUMENTS
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type progress struct {
	Progress float64 `json:"progress"`
	Message  string  `json:"message"`
}

type report struct {
	ProtocolVersion string              `json:"protocolVersion"`
	Tools           []string            `json:"tools"`
	Progress        []progress          `json:"progress"`
	Result          *mcp.CallToolResult `json:"result"`
}

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: client URL VERSION TOOL ARGUMENTS")
		os.Exit(2)
	}
	url, version, tool, arguments := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	got, err := use(context.Background(), url, version, tool, json.RawMessage(arguments))
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(got)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func use(ctx context.Context, url, version, tool string, arguments json.RawMessage) (*report, error) {
	var mu sync.Mutex
	got := &report{}
	client := mcp.NewClient(
		&mcp.Implementation{Name: "go-client-of-the-tests", Version: "1"},
		&mcp.ClientOptions{
			ProgressNotificationHandler: func(_ context.Context, told *mcp.ProgressNotificationClientRequest) {
				mu.Lock()
				defer mu.Unlock()
				got.Progress = append(got.Progress, progress{told.Params.Progress, told.Params.Message})
			},
		},
	)
	session, err := client.Connect(
		ctx,
		&mcp.StreamableClientTransport{Endpoint: url},
		&mcp.ClientSessionOptions{ProtocolVersion: version},
	)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	got.ProtocolVersion = session.InitializeResult().ProtocolVersion

	for listed, err := range session.Tools(ctx, nil) {
		if err != nil {
			return nil, fmt.Errorf("listing tools: %w", err)
		}
		got.Tools = append(got.Tools, listed.Name)
	}

	params := &mcp.CallToolParams{Name: tool, Arguments: arguments, Meta: mcp.Meta{"progressToken": "of the call"}}
	if got.Result, err = session.CallTool(ctx, params); err != nil {
		return nil, fmt.Errorf("calling %s: %w", tool, err)
	}
	// Waits for the handlers of notifications, too.
	if err := session.Close(); err != nil {
		return nil, fmt.Errorf("closing: %w", err)
	}
	return got, nil
}
