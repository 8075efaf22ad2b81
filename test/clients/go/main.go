// The calls of ../calls.ts, with a client of the generator go.
package main

import (
	"context"
	"net/http"
	"os"

	"driver/client"
)

var (
	peerID = os.Getenv("PEER_ID")
	full   = withToken(os.Getenv("API_TOKEN"))
)

func withToken(token string) context.Context {
	if token == "" {
		return context.Background()
	}
	return context.WithValue(context.Background(), analytics.ContextAccessToken, token)
}

// must returns the result of a request that succeeds.
func must[T any](result T, _ *http.Response, err error) T {
	check(err)
	return result
}

func main() {
	configuration := analytics.NewConfiguration()
	configuration.Servers = analytics.ServerConfigurations{{URL: os.Getenv("API_URL")}}
	api := analytics.NewAPIClient(configuration)

	ids, peers := []int64{}, []string{}
	for _, node := range must(api.NodesAPI.ListNodes(full).Limit(5).Execute()) {
		ids, peers = append(ids, node.Id), append(peers, node.PeerId)
	}
	print("list_nodes", map[string]any{"ids": ids, "peer_ids": peers})

	peers = []string{}
	for request := api.NodesAPI.ListNodes(full).Limit(5); ; {
		page := must(request.Execute())
		if len(page) == 0 {
			break
		}
		for _, node := range page {
			peers = append(peers, node.PeerId)
		}
		request = request.Cursor(page[len(page)-1].Cursor)
	}
	print("page_nodes", map[string]any{"peer_ids": peers})

	ids = []int64{}
	for request := api.MessagesAPI.ListMessages(full).PeerId(peerID).Order("asc").Limit(50); ; {
		page := must(request.Execute())
		if len(page) == 0 {
			break
		}
		for _, message := range page {
			ids = append(ids, message.Id)
		}
		request = request.Cursor(page[len(page)-1].Cursor)
	}
	print("page_messages", map[string]any{"ids": ids})

	ids = []int64{}
	for request := api.NodesAPI.ListNodeConnections(full, peerID).Limit(1); ; {
		page := must(request.Execute())
		if len(page) == 0 {
			break
		}
		ids = append(ids, page[0].Id)
		request = request.Cursor(page[0].Id)
	}
	print("page_connections", map[string]any{"ids": ids})

	body := *analytics.NewHostSystemBody(2600, 4, "", "linux", 8192)
	host := must(api.BenchmarksAPI.CreateHostSystem(full).HostSystemBody(body).Execute())
	print("create_host_system", map[string]any{"id": host.Id, "cpu_qty": host.CpuQty.Get(), "os": host.Os.Get()})

	benchmark := analytics.NewBenchmarkBody()
	benchmark.SetSetup(map[string]any{"substrate": map[string]any{"peerId": peerID}})
	benchmark.SetDescription("before")
	benchmark.SetHostSystemId(host.Id)
	benchmark.SetTsStart("2026-01-02T03:04:05Z")
	made := must(api.BenchmarksAPI.CreateBenchmark(full).BenchmarkBody(*benchmark).Execute())
	print("create_benchmark", map[string]any{"id": made.Id, "host_system_id": made.HostSystemId.Get()})

	found := must(api.BenchmarksAPI.GetBenchmark(full, made.Id).Execute())
	substrate := found.Setup["substrate"].(map[string]any)
	print("get_benchmark", map[string]any{
		"id": found.Id, "description": found.Description, "peer_id": substrate["peerId"],
	})

	change := analytics.NewBenchmarkChange()
	change.SetDescription("after")
	changed := must(api.BenchmarksAPI.ChangeBenchmark(full, made.Id).BenchmarkChange(*change).Execute())
	print("change_benchmark", map[string]any{
		"id": changed.Id, "description": changed.Description, "host_system_id": changed.HostSystemId.Get(),
	})

	eventBody := *analytics.NewBenchmarkEventBody(made.Id, "transfers", "start")
	event := must(api.BenchmarksAPI.CreateBenchmarkEvent(full).BenchmarkEventBody(eventBody).Execute())
	print("create_event", map[string]any{"id": event.Id, "benchmark_id": event.BenchmarkId, "phase": event.Phase})

	other := must(api.BenchmarksAPI.CreateHostSystem(full).HostSystemBody(body).Execute())
	_, err := api.BenchmarksAPI.DeleteHostSystem(full, other.Id).Execute()
	check(err)
	_, gone, _ := api.BenchmarksAPI.GetHostSystem(full, other.Id).Execute()
	print("delete_host_system", map[string]any{"id": other.Id, "status": gone.StatusCode})

	request := api.ReputationAPI.ListPeerReputations(full, peerID).MaxAgeS(60).StartTime("2026-01-01T00:00:00")
	_, invalid, err := request.Execute()
	problem := err.(*analytics.GenericOpenAPIError).Model().(analytics.Problem)
	print("invalid", map[string]any{"status": invalid.StatusCode, "parameter": problem.Errors[0].Parameter})

	_, none, _ := api.NodesAPI.ListNodes(withToken("")).Execute()
	reader, _ := api.BenchmarksAPI.DeleteBenchmark(withToken(os.Getenv("READ_TOKEN")), 1).Execute()
	print("unauthorized", map[string]any{"status": none.StatusCode, "reader": reader.StatusCode})
}
