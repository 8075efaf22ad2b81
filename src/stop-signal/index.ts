export { stopSignal } from './stop-signal.js';
