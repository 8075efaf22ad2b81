import { get, show } from '/dashboard/frame.js';

const table = document.getElementById('forks');
const content = document.createElement('section');
const status = document.createElement('p');
status.setAttribute('role', 'status');
content.append(status, table);

const EVERY_MS = 5_000;
let timer;

async function update() {
  clearTimeout(timer);
  try {
    const forks = await get('/forks');
    table.tBodies[0].replaceChildren(...forks.map(rowOf));
    table.hidden = forks.length === 0;
    status.textContent = forks.length === 0 ? 'No forks were found yet.' : '';
  } catch (error) {
    status.textContent = error.message;
  }
  timer = setTimeout(update, EVERY_MS);
}

// Text, never HTML: chains and hashes are what nodes say.
function rowOf({ found_at, chain, chain_key, kind, height, hashes }) {
  const row = document.createElement('tr');
  for (const text of [
    new Date(found_at).toLocaleString(),
    chain ?? '',
    chain_key,
    kind,
    height,
    hashes.join(' '),
  ]) {
    row.insertCell().textContent = text;
  }
  return row;
}

show('Forks', content, update);
