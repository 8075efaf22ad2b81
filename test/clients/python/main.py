"""The calls of ../calls.ts, with a client of openapi-python-client."""

import json
from os import environ
from typing import Any, TypeVar

from tetcore_analytics_client import AuthenticatedClient, Client
from tetcore_analytics_client.api.benchmarks import (
    change_benchmark,
    create_benchmark,
    create_benchmark_event,
    create_host_system,
    delete_benchmark,
    delete_host_system,
    get_benchmark,
    get_host_system,
)
from tetcore_analytics_client.api.messages import list_messages
from tetcore_analytics_client.api.nodes import list_node_connections, list_nodes
from tetcore_analytics_client.api.reputation import list_peer_reputations
from tetcore_analytics_client.models import (
    Benchmark,
    BenchmarkBody,
    BenchmarkChange,
    BenchmarkEvent,
    BenchmarkEventBody,
    BenchmarkEventBodyPhase,
    HostSystem,
    HostSystemBody,
    ListMessagesOrder,
    Problem,
)
from tetcore_analytics_client.types import UNSET, Unset

URL = environ["API_URL"]
PEER_ID = environ["PEER_ID"]

api = AuthenticatedClient(base_url=URL, token=environ["API_TOKEN"])
reader = AuthenticatedClient(base_url=URL, token=environ["READ_TOKEN"])

Result = TypeVar("Result")


def show(call: str, **result: Any) -> None:
    print(json.dumps({"call": call, **result}))


def expect(kind: type[Result], result: object) -> Result:
    assert isinstance(result, kind), result
    return result


def page_of(result: Any) -> list[Any]:
    return expect(list, result)


first = page_of(list_nodes.sync(client=api, limit=5))
show("list_nodes", ids=[node.id for node in first], peer_ids=[node.peer_id for node in first])

peer_ids: list[str] = []
page = first
while page:
    peer_ids += [node.peer_id for node in page]
    page = page_of(list_nodes.sync(client=api, limit=5, cursor=page[-1].cursor))
show("page_nodes", peer_ids=peer_ids)

ids: list[int] = []
cursor: str | Unset = UNSET
while page := page_of(
    list_messages.sync(client=api, peer_id=PEER_ID, order=ListMessagesOrder.ASC, limit=50, cursor=cursor)
):
    ids += [message.id for message in page]
    cursor = page[-1].cursor
show("page_messages", ids=ids)

ids = []
after: int | Unset = UNSET
while page := page_of(list_node_connections.sync(PEER_ID, client=api, limit=1, cursor=after)):
    after = page[-1].id
    ids += [page[-1].id]
show("page_connections", ids=ids)

body = HostSystemBody(cpu_clock=2600, cpu_qty=4, disk_info="", os="linux", ram_mb=8192)
host = expect(HostSystem, create_host_system.sync(client=api, body=body))
show("create_host_system", id=host.id, cpu_qty=host.cpu_qty, os=host.os)

new_benchmark = BenchmarkBody.from_dict(
    {
        "setup": {"substrate": {"peerId": PEER_ID}},
        "description": "before",
        "host_system_id": host.id,
        "ts_start": "2026-01-02T03:04:05Z",
    }
)
made = expect(Benchmark, create_benchmark.sync(client=api, body=new_benchmark))
show("create_benchmark", id=made.id, host_system_id=made.host_system_id)

found = expect(Benchmark, get_benchmark.sync(made.id, client=api))
setup = found.to_dict()["setup"]
show("get_benchmark", id=found.id, description=found.description, peer_id=setup["substrate"]["peerId"])

change = BenchmarkChange(description="after")
changed = expect(Benchmark, change_benchmark.sync(made.id, client=api, body=change))
show(
    "change_benchmark",
    id=changed.id,
    description=changed.description,
    host_system_id=changed.host_system_id,
)

new_event = BenchmarkEventBody(benchmark_id=made.id, name="transfers", phase=BenchmarkEventBodyPhase.START)
event = expect(BenchmarkEvent, create_benchmark_event.sync(client=api, body=new_event))
show("create_event", id=event.id, benchmark_id=event.benchmark_id, phase=event.phase)

other = expect(HostSystem, create_host_system.sync(client=api, body=body))
delete_host_system.sync_detailed(other.id, client=api)
gone = get_host_system.sync_detailed(other.id, client=api)
show("delete_host_system", id=other.id, status=gone.status_code)

invalid = list_peer_reputations.sync_detailed(
    PEER_ID, client=api, max_age_s=60, start_time="2026-01-01T00:00:00"
)
problem = expect(Problem, invalid.parsed)
errors = expect(list, problem.errors)
show("invalid", status=invalid.status_code, parameter=errors[0].parameter)

none = list_nodes.sync_detailed(client=Client(base_url=URL))
denied = delete_benchmark.sync_detailed(1, client=reader)
show("unauthorized", status=none.status_code, reader=denied.status_code)
