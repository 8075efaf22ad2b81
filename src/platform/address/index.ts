export { AddressList, addressGroup, ipAddress, isSubnet } from './ip-address.js';
