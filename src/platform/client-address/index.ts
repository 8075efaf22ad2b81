export {
  type AddressedRequest,
  type ClientAddress,
  ClientAddresses,
  ClientAddressModule,
} from './client-addresses.js';
