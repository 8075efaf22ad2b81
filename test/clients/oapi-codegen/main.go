// The calls of ../calls.ts, with a client of oapi-codegen.
package main

import (
	"context"
	"net/http"
	"os"
)

var (
	ctx    = context.Background()
	peerID = os.Getenv("PEER_ID")
)

func clientWith(token string) *ClientWithResponses {
	client, err := NewClientWithResponses(os.Getenv("API_URL"), WithRequestEditorFn(
		func(_ context.Context, request *http.Request) error {
			if token != "" {
				request.Header.Set("Authorization", "Bearer "+token)
			}
			return nil
		}))
	check(err)
	return client
}

func must[T any](result T, err error) T {
	check(err)
	return result
}

func pointer[T any](value T) *T {
	return &value
}

func main() {
	api := clientWith(os.Getenv("API_TOKEN"))

	ids, peers := []int64{}, []string{}
	for _, node := range *must(api.ListNodesWithResponse(ctx, &ListNodesParams{Limit: pointer[int32](5)})).JSON200 {
		ids, peers = append(ids, node.Id), append(peers, node.PeerId)
	}
	print("list_nodes", map[string]any{"ids": ids, "peer_ids": peers})

	peers = []string{}
	for query := (ListNodesParams{Limit: pointer[int32](5)}); ; {
		page := *must(api.ListNodesWithResponse(ctx, &query)).JSON200
		if len(page) == 0 {
			break
		}
		for _, node := range page {
			peers = append(peers, node.PeerId)
		}
		query.Cursor = &page[len(page)-1].Cursor
	}
	print("page_nodes", map[string]any{"peer_ids": peers})

	ids = []int64{}
	for query := (ListMessagesParams{
		PeerId: peerID, Order: pointer(ListMessagesParamsOrderAsc), Limit: pointer[int64](50),
	}); ; {
		page := *must(api.ListMessagesWithResponse(ctx, &query)).JSON200
		if len(page) == 0 {
			break
		}
		for _, message := range page {
			ids = append(ids, message.Id)
		}
		query.Cursor = &page[len(page)-1].Cursor
	}
	print("page_messages", map[string]any{"ids": ids})

	ids = []int64{}
	for query := (ListNodeConnectionsParams{Limit: pointer[int32](1)}); ; {
		page := *must(api.ListNodeConnectionsWithResponse(ctx, peerID, &query)).JSON200
		if len(page) == 0 {
			break
		}
		ids = append(ids, page[0].Id)
		query.Cursor = &page[0].Id
	}
	print("page_connections", map[string]any{"ids": ids})

	body := HostSystemBody{CpuClock: 2600, CpuQty: 4, DiskInfo: "", Os: "linux", RamMb: 8192}
	host := *must(api.CreateHostSystemWithResponse(ctx, body)).JSON201
	print("create_host_system", map[string]any{"id": host.Id, "cpu_qty": host.CpuQty, "os": host.Os})

	made := *must(api.CreateBenchmarkWithResponse(ctx, BenchmarkBody{
		Setup:        &map[string]any{"substrate": map[string]any{"peerId": peerID}},
		Description:  pointer("before"),
		HostSystemId: &host.Id,
		TsStart:      pointer("2026-01-02T03:04:05Z"),
	})).JSON201
	print("create_benchmark", map[string]any{"id": made.Id, "host_system_id": made.HostSystemId})

	found := *must(api.GetBenchmarkWithResponse(ctx, made.Id)).JSON200
	substrate := (*found.Setup)["substrate"].(map[string]any)
	print("get_benchmark", map[string]any{
		"id": found.Id, "description": found.Description, "peer_id": substrate["peerId"],
	})

	change := BenchmarkChange{Description: pointer("after")}
	changed := *must(api.ChangeBenchmarkWithResponse(ctx, made.Id, change)).JSON200
	print("change_benchmark", map[string]any{
		"id": changed.Id, "description": changed.Description, "host_system_id": changed.HostSystemId,
	})

	event := *must(api.CreateBenchmarkEventWithResponse(ctx, BenchmarkEventBody{
		BenchmarkId: made.Id, Name: "transfers", Phase: "start",
	})).JSON201
	print("create_event", map[string]any{"id": event.Id, "benchmark_id": event.BenchmarkId, "phase": event.Phase})

	other := *must(api.CreateHostSystemWithResponse(ctx, body)).JSON201
	must(api.DeleteHostSystemWithResponse(ctx, other.Id))
	gone := must(api.GetHostSystemWithResponse(ctx, other.Id))
	print("delete_host_system", map[string]any{"id": other.Id, "status": gone.StatusCode()})

	invalid := must(api.ListPeerReputationsWithResponse(ctx, peerID, &ListPeerReputationsParams{
		MaxAgeS: pointer[int64](60), StartTime: pointer("2026-01-01T00:00:00"),
	}))
	problem := *invalid.ApplicationproblemJSON400
	print("invalid", map[string]any{
		"status": invalid.StatusCode(), "parameter": (*problem.Errors)[0].Parameter,
	})

	none := must(clientWith("").ListNodesWithResponse(ctx, &ListNodesParams{}))
	reader := must(clientWith(os.Getenv("READ_TOKEN")).DeleteBenchmarkWithResponse(ctx, 1))
	print("unauthorized", map[string]any{"status": none.StatusCode(), "reader": reader.StatusCode()})
}
