export { AddressList, addressGroup, ipAddress, isSubnet } from './ip-address.js';
export { SubnetMap } from './subnet-map.js';
