export { AddressList, isSubnet } from './address-list.js';
export { addressGroup, ipAddress } from './ip-address.js';
