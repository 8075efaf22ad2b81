package driver;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.BenchmarksApi;
import org.openapitools.client.api.MessagesApi;
import org.openapitools.client.api.NodesApi;
import org.openapitools.client.api.ReputationApi;
import org.openapitools.client.model.*;

/** The calls of ../calls.ts, with a client of the generator java. */
public final class Main {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PEER_ID = System.getenv("PEER_ID");

  private interface Request {
    void send() throws ApiException;
  }

  private static ApiClient client(String token) {
    ApiClient client = new ApiClient();
    client.updateBaseUri(System.getenv("API_URL"));
    if (token != null) {
      client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));
    }
    return client;
  }

  private static void print(String call, Object... result) throws Exception {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("call", call);
    for (int at = 0; at < result.length; at += 2) line.put((String) result[at], result[at + 1]);
    System.out.println(JSON.writeValueAsString(line));
  }

  private static ApiException failed(Request request) {
    try {
      request.send();
    } catch (ApiException error) {
      return error;
    }
    throw new IllegalStateException("The request succeeded.");
  }

  public static void main(String[] args) throws Exception {
    ApiClient full = client(System.getenv("API_TOKEN"));
    NodesApi nodes = new NodesApi(full);
    BenchmarksApi benchmarks = new BenchmarksApi(full);

    List<Node> first = nodes.listNodes(NodesApi.APIListNodesRequest.newBuilder().limit(5).build());
    print(
        "list_nodes",
        "ids", first.stream().map(Node::getId).toList(),
        "peer_ids", first.stream().map(Node::getPeerId).toList());

    List<String> peerIds = new ArrayList<>();
    for (List<Node> page = first; !page.isEmpty(); ) {
      page.forEach(node -> peerIds.add(node.getPeerId()));
      String cursor = page.get(page.size() - 1).getCursor();
      page = nodes.listNodes(NodesApi.APIListNodesRequest.newBuilder().limit(5).cursor(cursor).build());
    }
    print("page_nodes", "peer_ids", peerIds);

    List<Long> messageIds = new ArrayList<>();
    MessagesApi messages = new MessagesApi(full);
    for (String cursor = null; ; ) {
      List<Message> page =
          messages.listMessages(
              MessagesApi.APIListMessagesRequest.newBuilder()
                  .peerId(PEER_ID).order("asc").limit(50L).cursor(cursor).build());
      if (page.isEmpty()) break;
      page.forEach(message -> messageIds.add(message.getId()));
      cursor = page.get(page.size() - 1).getCursor();
    }
    print("page_messages", "ids", messageIds);

    List<Long> connectionIds = new ArrayList<>();
    for (Long cursor = null; ; ) {
      List<NodeConnection> page =
          nodes.listNodeConnections(
              NodesApi.APIListNodeConnectionsRequest.newBuilder()
                  .peerId(PEER_ID).limit(1).cursor(cursor).build());
      if (page.isEmpty()) break;
      cursor = page.get(0).getId();
      connectionIds.add(cursor);
    }
    print("page_connections", "ids", connectionIds);

    HostSystemBody body =
        new HostSystemBody().cpuClock(2600).cpuQty(4).diskInfo("").os("linux").ramMb(8192);
    var createHost = BenchmarksApi.APICreateHostSystemRequest.newBuilder().hostSystemBody(body).build();
    HostSystem host = benchmarks.createHostSystem(createHost);
    print("create_host_system", "id", host.getId(), "cpu_qty", host.getCpuQty(), "os", host.getOs());

    BenchmarkBody benchmark =
        new BenchmarkBody()
            .setup(Map.of("substrate", Map.of("peerId", PEER_ID)))
            .description("before")
            .hostSystemId(host.getId())
            .tsStart("2026-01-02T03:04:05Z");
    Benchmark made =
        benchmarks.createBenchmark(
            BenchmarksApi.APICreateBenchmarkRequest.newBuilder().benchmarkBody(benchmark).build());
    print("create_benchmark", "id", made.getId(), "host_system_id", made.getHostSystemId());

    Benchmark found =
        benchmarks.getBenchmark(BenchmarksApi.APIGetBenchmarkRequest.newBuilder().id(made.getId()).build());
    Map<?, ?> substrate = (Map<?, ?>) ((Map<?, ?>) found.getSetup()).get("substrate");
    print(
        "get_benchmark",
        "id", found.getId(),
        "description", found.getDescription(),
        "peer_id", substrate.get("peerId"));

    Benchmark changed =
        benchmarks.changeBenchmark(
            BenchmarksApi.APIChangeBenchmarkRequest.newBuilder()
                .id(made.getId()).benchmarkChange(new BenchmarkChange().description("after")).build());
    print(
        "change_benchmark",
        "id", changed.getId(),
        "description", changed.getDescription(),
        "host_system_id", changed.getHostSystemId());

    BenchmarkEvent event =
        benchmarks.createBenchmarkEvent(
            BenchmarksApi.APICreateBenchmarkEventRequest.newBuilder()
                .benchmarkEventBody(
                    new BenchmarkEventBody()
                        .benchmarkId(made.getId())
                        .name("transfers")
                        .phase(BenchmarkEventBody.PhaseEnum.START))
                .build());
    print(
        "create_event",
        "id", event.getId(),
        "benchmark_id", event.getBenchmarkId(),
        "phase", event.getPhase().getValue());

    HostSystem other = benchmarks.createHostSystem(createHost);
    benchmarks.deleteHostSystem(
        BenchmarksApi.APIDeleteHostSystemRequest.newBuilder().id(other.getId()).build());
    ApiException gone =
        failed(
            () ->
                benchmarks.getHostSystem(
                    BenchmarksApi.APIGetHostSystemRequest.newBuilder().id(other.getId()).build()));
    print("delete_host_system", "id", other.getId(), "status", gone.getCode());

    ApiException invalid =
        failed(
            () ->
                new ReputationApi(full)
                    .listPeerReputations(
                        ReputationApi.APIListPeerReputationsRequest.newBuilder()
                            .peerId(PEER_ID).maxAgeS(60L).startTime("2026-01-01T00:00:00").build()));
    print(
        "invalid",
        "status", invalid.getCode(),
        "parameter", JSON.readTree(invalid.getResponseBody()).at("/errors/0/parameter").asText());

    ApiException none =
        failed(
            () -> new NodesApi(client(null)).listNodes(NodesApi.APIListNodesRequest.newBuilder().build()));
    ApiException reader =
        failed(
            () ->
                new BenchmarksApi(client(System.getenv("READ_TOKEN")))
                    .deleteBenchmark(BenchmarksApi.APIDeleteBenchmarkRequest.newBuilder().id(1L).build()));
    print("unauthorized", "status", none.getCode(), "reader", reader.getCode());
  }
}
