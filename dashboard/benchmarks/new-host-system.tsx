import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { responseData, api } from '../shared/api.js';
import { NodePicker } from '../shared/node-picker.js';
import { CreateForm, Field, textIn } from './create-form.js';

/** Describes a computer: by hand, or by what a node reports of it. */
export function NewHostSystem({ peerId: given }: { peerId: string }): JSX.Element {
  const [peerId, setPeerId] = useState(given);
  const fromNode = async (fields: FormData): Promise<string> => {
    if (peerId === '') throw new Error('Choose a node that reports its hardware.');
    const body = { peer_id: peerId, description: textIn(fields, 'description') };
    return said(await responseData(api.POST('/host_systems/from_node', { body })));
  };
  const byHand = async (fields: FormData): Promise<string> => {
    const number = (name: string): number => Number(textIn(fields, name));
    const body = {
      description: textIn(fields, 'description'),
      os: textIn(fields, 'os'),
      disk_info: textIn(fields, 'disk_info'),
      cpu_qty: number('cpu_qty'),
      cpu_clock: number('cpu_clock'),
      ram_mb: number('ram_mb'),
    };
    return said(await responseData(api.POST('/host_systems', { body })));
  };
  return (
    <>
      <CreateForm title="Host system from a node report" action="Create from report" send={fromNode}>
        <NodePicker value={peerId} onChange={setPeerId} />
        <Field name="description" label="Notes" />
      </CreateForm>
      <CreateForm title="New host system" action="Create host system" send={byHand}>
        <Field name="description" label="Notes" />
        <Field name="os" label="Operating system" required />
        <Field name="disk_info" label="Disks" required />
        <Field name="cpu_qty" label="Cores" type="number" required />
        <Field name="cpu_clock" label="Clock (MHz)" type="number" required />
        <Field name="ram_mb" label="Memory (MiB)" type="number" required />
      </CreateForm>
    </>
  );
}

function said({ id }: { id: number }): string {
  return `Host system ${id} created.`;
}
