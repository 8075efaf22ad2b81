import { expect, it } from 'vitest';
import { parseNodeCursor } from './nodes.read-model.js';

it.each([
  ['["Qm", "0x1"]', { peerId: 'Qm', chain: '0x1' }],
  ['["a\\"b","name:[\\u4e2d"]', { peerId: 'a"b', chain: 'name:[\u4e2d' }],
  ['["Qm",""]', { peerId: 'Qm', chain: '' }],
  ['Qm', { peerId: 'Qm', chain: undefined }],
  ['', { peerId: '', chain: undefined }],
  ['[Qm', { peerId: '[Qm', chain: undefined }],
  ['["Qm"]', { peerId: '["Qm"]', chain: undefined }],
  ['["Qm",null]', { peerId: '["Qm",null]', chain: undefined }],
])('a cursor of nodes %s is %j', (text, cursor) => {
  expect(parseNodeCursor(text)).toEqual(cursor);
});
