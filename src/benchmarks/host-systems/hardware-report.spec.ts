import { describe, expect, it } from 'vitest';
import { clockMhzOf, type HardwareReport, hostSystemValues } from './hardware-report.js';

const NOTHING: HardwareReport = {
  name: null,
  peer_id: 'QmExample',
  target_os: null,
  target_arch: null,
  cpu: null,
  core_count: null,
  memory: null,
  linux_kernel: null,
  linux_distro: null,
  is_virtual_machine: null,
  details: '{}',
};

describe('the clock of a processor', () => {
  it.each([
    ['Intel(R) Xeon(R) E-2386G CPU @ 3.50GHz', 3500],
    ['Intel(R) Xeon(R) CPU @ 2.60GHz', 2600],
    ['Intel(R) Core(TM) i7-8700 CPU @ 3.20 GHz', 3200],
    ['Intel(R) Pentium(R) III CPU @ 866MHz', 866],
    ['Some CPU @ 2.4567891GHz', null],
    ['Some CPU @ 2.456789ghz', 2457],
  ])('is taken from the name %s', (name, clock) => {
    expect(clockMhzOf(name)).toBe(clock);
  });

  it.each([
    'AMD EPYC 7543P 32-Core Processor',
    '',
    '@',
    '@ GHz',
    '@ 0GHz',
    '@ 3.5',
    '@ 9999999GHz',
    '3.5GHz',
  ])('is not known by the name "%s"', (name) => {
    expect(clockMhzOf(name)).toBeNull();
  });
});

describe('a host system', () => {
  it('has a description with the name of the reporting node', () => {
    expect(hostSystemValues(NOTHING).description).toBe('Reported by QmExample.');
    expect(hostSystemValues({ ...NOTHING, name: 'alice' }).description).toBe('Reported by alice.');
  });

  it('runs the system that the node was built for, or Linux where it has a Linux kernel', () => {
    const os = (given: Partial<HardwareReport>): unknown => hostSystemValues({ ...NOTHING, ...given }).os;
    expect(os({ target_os: 'freebsd', linux_kernel: '6.1' })).toBe('freebsd');
    expect(os({ linux_kernel: '6.1' })).toBe('linux');
    expect(os({ linux_distro: 'Debian' })).toBe('linux');
    expect(os({})).toBeNull();
  });
});
