/** What all routes have in common, and the paths that are not HTTP routes: Markdown. */
export const DESCRIPTION = `
Receives the telemetry of Tetcore, Substrate and Polkadot SDK nodes, stores it in PostgreSQL, and serves it over HTTP and WebSocket.

## Rules for every route
- A slash at the end of a path changes nothing.
- Times in requests look like \`2019-01-01T00:00:00\`, with or without a fraction, and with or without \`Z\` or an offset (\`+01:00\`, \`+0100\`, \`+01\`); without one they are in UTC. A date alone is the start of that day in UTC. Bounds are exclusive. Times in responses are RFC 3339 in UTC, with microseconds.
- Numbers in messages have every digit that the node sent. Some, such as span ids, are larger than a double holds exactly: parse them as big integers.
- A parameter that is unknown, repeated or invalid is a 400 that names it, and lists the known ones. \`peer_id\`, \`msg\`, \`target\`, \`start_time\`, \`end_time\`, \`limit\` and \`max_age_s\`, which clients of 0.1.4 send to every route, are ignored where a route has no such parameter.
- A method that a path does not have is a 405; \`OPTIONS\` is a 204. Both list the methods in \`Allow\`.
- Parameters of media types in \`Accept\` are ignored, apart from weights.
- A body is one JSON object with known fields only.
- Every error is \`application/problem+json\` (RFC 9457).
- If the server has \`API_TOKENS\`, \`GET\` requires a token of the scope \`read\` or \`write\`, and every other method one of the scope \`write\`: \`Authorization: Bearer TOKEN\`. Routes about the server itself need no token.
- A list for an unknown node is empty.
- Lists with pages have a parameter \`cursor\`: the row after which the next page begins.

## WebSocket paths
Nodes send their telemetry to these paths and get no responses. Each frame is one JSON object, flat (Substrate 1 and 2) or nested (Tetcore 2.1, Substrate 3 and later).
- \`/\` and \`/submit\`: messages expire after \`LOG_EXPIRY_H\` hours. Start a node with \`--telemetry-url 'ws://HOST:PORT 5'\`.
- \`/audit\`: messages do not expire. \`--telemetry-url 'ws://HOST:PORT/audit 5'\`.

## The nodes of a chain, live
\`GET /network/{chain}\` is a snapshot, in pages. The WebSocket \`/feed\` sends later changes, at most once per \`CACHE_UPDATE_INTERVAL_MS\`.
- If the server has \`API_TOKENS\`, the first frame contains one: \`{"token": "TOKEN"}\`, or \`token\` beside the other fields of a request.
- To subscribe: \`{"network": "Polkadot", "interest": "subscribe", "fields": ["name", "peers"], "since": "2026-01-02T03:04:05.678901Z"}\`. \`fields\` are fields of NetworkNode, all of them by default. \`network\` identifies the chain: its genesis hash, \`name:\` and its name, or a name that is unique. \`since\` is the \`as_of\` of the first page of a snapshot, from any server; without it the complete state is sent.
- Each frame: \`{"network": "Polkadot", "genesis_hash": "0x91b1…", "chain": "Polkadot", "as_of": "…", "nodes": [{"id": "…", "peers": 41}], "gone": ["…"], "header": {…}}\`: the \`id\` and the changed fields of each node, all requested fields of a new one; the ids that no node has any more; and the header if it changed. \`"complete": true\` starts a complete state: drop everything received before. It has up to 1,000 nodes per frame, with \`"more": true\` in all frames but the last.
- To unsubscribe: \`{"network": "Polkadot", "interest": "unsubscribe"}\`. A second subscription to a chain replaces the first.
- A slow client gets the newest state and no earlier ones. An invalid request is answered with \`{"error": "…"}\`; if several chains have the name, \`chains\` lists them.
`.trim();
