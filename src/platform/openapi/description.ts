/** What every route has in common, and the paths that are no HTTP routes: Markdown. */
export const DESCRIPTION = `
Takes in the telemetry of Tetcore, Substrate and Polkadot SDK nodes, keeps it in PostgreSQL, and answers questions about it.

## Rules for every route
- A slash at the end of a path changes nothing.
- Times in questions look like \`2019-01-01T00:00:00\`, with or without a fraction, and with or without \`Z\` or an offset; without one they are in UTC. Bounds are exclusive. Times in answers are RFC 3339 in UTC, with microseconds.
- Numbers in messages have every digit that the node sent. Some, such as span ids, are larger than a double holds exactly: parse them as big integers.
- A parameter that is not known, comes twice or has a value that it does not take is a 400 that names it. Every error is \`application/problem+json\` (RFC 9457).
- Where the server has \`API_TOKENS\`, \`GET\` takes a token of the scope \`read\` or \`write\`, and everything else one of the scope \`write\`: \`Authorization: Bearer TOKEN\`. About the server itself anybody may ask.
- A list of a node that is not known is empty.
- Lists that come in pages take a \`cursor\`, which says after which row to go on.

## WebSocket paths
Nodes send their telemetry to these, and get no answers. One JSON object a frame, flat (Substrate 1 and 2) or nested (Tetcore 2.1, Substrate 3 and later).
- \`/\` and \`/submit\`: messages expire after \`LOG_EXPIRY_H\` hours. Start a node with \`--telemetry-url 'ws://HOST:PORT 5'\`.
- \`/audit\`: messages do not expire. \`--telemetry-url 'ws://HOST:PORT/audit 5'\`.

## The nodes of a chain, live
\`GET /network/{chain}\` is a snapshot, in pages. Of what changes from then on the WebSocket \`/feed\` tells, once in \`CACHE_UPDATE_INTERVAL_MS\` where something did.
- Where the server has \`API_TOKENS\`, the first frame has one in it: \`{"token": "TOKEN"}\`, or \`token\` beside the rest of a request.
- To begin: \`{"network": "Polkadot", "interest": "subscribe", "fields": ["name", "peers"], "since": "2026-01-02T03:04:05.678901Z"}\`. \`fields\` are those of NetworkNode that are wanted, all of them where it is left out. \`network\` is what identifies the chain, its genesis hash or \`name:\` and its name, or a name that only one chain has. \`since\` is the \`as_of\` of the first page of a snapshot, from whichever server; everything is sent where it is left out.
- What comes: \`{"network": "Polkadot", "genesis_hash": "0x91b1…", "chain": "Polkadot", "as_of": "…", "nodes": [{"id": "…", "peers": 41}], "gone": ["…"], "header": {…}}\`: of each node \`id\` and what changed, of a new one all that is wanted; the ids that no node has any more; and the header where it changed. With \`"complete": true\` all nodes begin, up to 1,000 a frame with \`"more": true\` in all but the last; whatever else you have then is to be dropped.
- To end: \`{"network": "Polkadot", "interest": "unsubscribe"}\`. A second subscription of a chain takes the place of the first.
- Whoever is slow gets the newest state, and nothing that was before it. What cannot be followed is answered with \`{"error": "…"}\`; a name that several chains have, with the choices in \`chains\`.
`.trim();
