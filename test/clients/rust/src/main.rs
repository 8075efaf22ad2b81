//! The calls of ../../calls.ts, with a client of the generator rust.
use analytics::apis::benchmarks_api as benchmarks;
use analytics::apis::configuration::Configuration;
use analytics::apis::messages_api as messages;
use analytics::apis::nodes_api as nodes;
use analytics::apis::reputation_api as reputation;
use analytics::apis::Error;
use analytics::models;
use serde_json::{json, Value};
use std::env::var;

fn configuration(token: Option<String>) -> Configuration {
    let mut configuration = Configuration::new();
    configuration.base_path = var("API_URL").unwrap();
    configuration.bearer_access_token = token;
    configuration
}

fn print(call: &str, mut result: Value) {
    result["call"] = json!(call);
    println!("{result}");
}

/// The status and the body of a response to a request that fails.
fn failed<T, E>(result: Result<T, Error<E>>) -> (u16, Value) {
    match result {
        Err(Error::ResponseError(response)) => (
            response.status.as_u16(),
            serde_json::from_str(&response.content).unwrap(),
        ),
        Err(_) => panic!("the request failed without a response"),
        Ok(_) => panic!("the request succeeded"),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let api = configuration(var("API_TOKEN").ok());
    let peer_id = var("PEER_ID").unwrap();

    let node_params = |limit, cursor| nodes::ListNodesParams {
        chain: None,
        name: None,
        version: None,
        authority: None,
        connected: None,
        status: None,
        limit: Some(limit),
        cursor,
    };
    let first = nodes::list_nodes(&api, node_params(5, None)).await.unwrap();
    print(
        "list_nodes",
        json!({
            "ids": first.iter().map(|node| node.id).collect::<Vec<_>>(),
            "peer_ids": first.iter().map(|node| node.peer_id.clone()).collect::<Vec<_>>(),
        }),
    );

    let mut peer_ids = vec![];
    let mut cursor = None;
    loop {
        let page = nodes::list_nodes(&api, node_params(5, cursor)).await.unwrap();
        let Some(last) = page.last() else { break };
        cursor = Some(last.cursor.clone());
        peer_ids.extend(page.into_iter().map(|node| node.peer_id));
    }
    print("page_nodes", json!({ "peer_ids": peer_ids }));

    let mut ids = vec![];
    let mut cursor = None;
    loop {
        let params = messages::ListMessagesParams {
            peer_id: peer_id.clone(),
            chain: None,
            start_time: None,
            end_time: None,
            order: Some("asc".to_owned()),
            cursor,
            msg: None,
            target: None,
            limit: Some(50),
            format: None,
            raw: None,
        };
        let page = messages::list_messages(&api, params).await.unwrap();
        let Some(last) = page.last() else { break };
        cursor = Some(last.cursor.clone());
        ids.extend(page.into_iter().map(|message| message.id));
    }
    print("page_messages", json!({ "ids": ids }));

    let mut ids = vec![];
    let mut cursor = None;
    loop {
        let params = nodes::ListNodeConnectionsParams {
            peer_id: peer_id.clone(),
            chain: None,
            limit: Some(1),
            cursor,
        };
        let page = nodes::list_node_connections(&api, params).await.unwrap();
        let Some(last) = page.last() else { break };
        cursor = Some(last.id);
        ids.push(last.id);
    }
    print("page_connections", json!({ "ids": ids }));

    let body = models::HostSystemBody::new(2600, 4, String::new(), "linux".to_owned(), 8192);
    let create = || benchmarks::CreateHostSystemParams {
        host_system_body: body.clone(),
    };
    let host = benchmarks::create_host_system(&api, create()).await.unwrap();
    print(
        "create_host_system",
        json!({ "id": host.id, "cpu_qty": host.cpu_qty, "os": host.os }),
    );

    let mut benchmark = models::BenchmarkBody::new();
    let setup = json!({ "substrate": { "peerId": peer_id } });
    benchmark.setup = Some(Some(serde_json::from_value(setup).unwrap()));
    benchmark.description = Some(Some("before".to_owned()));
    benchmark.host_system_id = Some(Some(host.id));
    benchmark.ts_start = Some(Some("2026-01-02T03:04:05Z".to_owned()));
    let params = benchmarks::CreateBenchmarkParams { benchmark_body: benchmark };
    let made = benchmarks::create_benchmark(&api, params).await.unwrap();
    print(
        "create_benchmark",
        json!({ "id": made.id, "host_system_id": made.host_system_id }),
    );

    let params = benchmarks::GetBenchmarkParams { id: made.id };
    let found = benchmarks::get_benchmark(&api, params).await.unwrap();
    print(
        "get_benchmark",
        json!({
            "id": found.id,
            "description": found.description,
            "peer_id": found.setup.unwrap()["substrate"]["peerId"],
        }),
    );

    let mut change = models::BenchmarkChange::new();
    change.description = Some(Some("after".to_owned()));
    let params = benchmarks::ChangeBenchmarkParams {
        id: made.id,
        benchmark_change: change,
    };
    let changed = benchmarks::change_benchmark(&api, params).await.unwrap();
    print(
        "change_benchmark",
        json!({
            "id": changed.id,
            "description": changed.description,
            "host_system_id": changed.host_system_id,
        }),
    );

    let phase = models::benchmark_event_body::Phase::Start;
    let params = benchmarks::CreateBenchmarkEventParams {
        benchmark_event_body: models::BenchmarkEventBody::new(made.id, "transfers".to_owned(), phase),
    };
    let event = benchmarks::create_benchmark_event(&api, params).await.unwrap();
    print(
        "create_event",
        json!({ "id": event.id, "benchmark_id": event.benchmark_id, "phase": event.phase }),
    );

    let other = benchmarks::create_host_system(&api, create()).await.unwrap();
    let params = benchmarks::DeleteHostSystemParams { id: other.id };
    benchmarks::delete_host_system(&api, params).await.unwrap();
    let params = benchmarks::GetHostSystemParams { id: other.id };
    let (status, _) = failed(benchmarks::get_host_system(&api, params).await);
    print("delete_host_system", json!({ "id": other.id, "status": status }));

    let params = reputation::ListPeerReputationsParams {
        peer_id: peer_id.clone(),
        max_age_s: Some(60),
        start_time: Some("2026-01-01T00:00:00".to_owned()),
        end_time: None,
        limit: None,
    };
    let (status, problem) = failed(reputation::list_peer_reputations(&api, params).await);
    print(
        "invalid",
        json!({ "status": status, "parameter": problem["errors"][0]["parameter"] }),
    );

    let (status, _) = failed(nodes::list_nodes(&configuration(None), node_params(5, None)).await);
    let reader = configuration(var("READ_TOKEN").ok());
    let params = benchmarks::DeleteBenchmarkParams { id: 1 };
    let (reader_status, _) = failed(benchmarks::delete_benchmark(&reader, params).await);
    print("unauthorized", json!({ "status": status, "reader": reader_status }));
}
