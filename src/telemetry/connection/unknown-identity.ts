import type { NodeIdentity } from './connection-snapshot.js';

/** Of a node that has said nothing of itself yet. */
export const UNKNOWN_IDENTITY: NodeIdentity = {
  peerId: null,
  name: null,
  chain: null,
  implementation: null,
  version: null,
  config: null,
  authority: null,
  startupTime: null,
  genesisHash: null,
  targetOs: null,
  targetArch: null,
  targetEnv: null,
  sysinfo: null,
};
