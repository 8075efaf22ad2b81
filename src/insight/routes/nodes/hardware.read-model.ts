import { Injectable } from '@nestjs/common';
import { judge, type Reference, REFERENCES } from '../../reference-hardware.js';
import { ChainReads, type Fields, rangeAnswer } from '../chain-reads.js';
import type { HardwareAnswer, HardwareQuery, NodeHardware } from './hardware.dto.js';
import { type Benchmark, benchmarks, type RangeNode, rangeNodes } from './range-nodes.js';
import { rounded } from '../series/series.js';

/** Compares the machines of nodes with what is required. */
@Injectable()
export class HardwareReadModel {
  constructor(private readonly reads: ChainReads) {}

  /** @throws see ChainReads.read */
  async read(chain: string, query: HardwareQuery): Promise<Fields<HardwareAnswer>> {
    return await this.reads.read(chain, query, async (read) => {
      const nodes = await rangeNodes(read);
      const measured = await benchmarks(read);
      const judged = nodes.flatMap((node) => {
        const benchmark = measured.get(node.id);
        return benchmark === undefined ? [] : [judgedNode(node, benchmark, query.reference)];
      });
      judged.sort((one, other) => one.ratio - other.ratio || (one.peer_id < other.peer_id ? -1 : 1));
      return {
        ...rangeAnswer(read, nodes.length),
        reference: { version: query.reference, ...REFERENCES[query.reference] },
        measured: judged.length,
        passed: judged.filter(({ passed }) => passed).length,
        nodes: judged.slice(0, query.limit),
      };
    });
  }
}

function judgedNode(
  { peerId, name, authority }: RangeNode,
  { node: _, ...benchmark }: Benchmark,
  reference: Reference,
): NodeHardware {
  const { failed, ratio } = judge(benchmark, authority === true, reference);
  return {
    peer_id: peerId,
    name,
    authority,
    ...benchmark,
    ratio: rounded(ratio, 3),
    failed,
    passed: failed.length === 0,
  };
}
