export { type AddressedRequest, type ClientAddress, ClientAddresses } from './client-addresses.js';
export { ClientAddressModule } from './client-address.module.js';
