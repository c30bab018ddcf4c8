package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/clientelehq/clientele/errors"
)

// healthcheckTimeout leaves room below the three seconds that container
// platforms commonly wait.
const healthcheckTimeout = 2 * time.Second

func healthcheckCommand(environ []string) *cobra.Command {
	command := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask the service on this machine whether it is ready",
		Long:  "Asks /readyz on the ops listener. The exit code is 0 when the service is ready\nand 1 when it is not: made for containers, which have no curl.",
		Args:  cobra.NoArgs,
	}
	load := configuration(command, environ)
	command.RunE = func(command *cobra.Command, _ []string) error {
		config, err := load()
		if err != nil {
			return err
		}
		if config.OpsListen == "" {
			return errors.New("CLIENTELE_OPS_LISTEN is off: there is nobody to ask")
		}
		return askReadiness(command.Context(), reachable(config.OpsListen))
	}
	return command
}

// reachable turns the address that a listener has into one that can be
// called: who listens everywhere is on loopback too.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	everywhere, err := netip.ParseAddr(host)
	switch {
	case host == "":
		host = "localhost"
	case err == nil && everywhere.IsUnspecified() && everywhere.Is4():
		host = "127.0.0.1"
	case err == nil && everywhere.IsUnspecified():
		host = "::1"
	}
	return net.JoinHostPort(host, port)
}

func askReadiness(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, healthcheckTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return err
	}
	// A transport of its own knows no proxy: the question stays on this machine.
	response, err := (&http.Client{Transport: &http.Transport{}}).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		return nil
	}
	body, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	return errors.New(response.Status + ": " + strings.TrimSpace(string(body)))
}
