export { checkPorts, tryListening } from './check-ports.js';
export { type ListenAddress, listenAddresses, ListenError, listenProblem } from './listen.error.js';
export { portHolder } from './port-holder.js';
