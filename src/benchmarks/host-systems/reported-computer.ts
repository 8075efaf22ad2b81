/** What a node reported of its computer, as texts and numbers of the database. */
export interface ComputerReport {
  /** The name that the node gives itself. */
  name: string | null;
  peer_id: string;
  target_os: string | null;
  target_arch: string | null;
  cpu: string | null;
  core_count: number | null;
  /** MiB. */
  memory: number | null;
  linux_kernel: string | null;
  linux_distro: string | null;
  is_virtual_machine: boolean | null;
  /** JSON: whatever it reported, as it came. */
  details: string;
}

/** The columns of a host system that a report fills. */
export function hostSystemOf(report: ComputerReport): Record<string, string | number | boolean | null> {
  const { name, peer_id, cpu, linux_kernel: kernel, linux_distro: distro } = report;
  return {
    description: `Reported by ${name ?? peer_id}.`,
    os: report.target_os ?? (kernel === null && distro === null ? null : 'linux'),
    cpu_qty: report.core_count,
    cpu_clock: cpu === null ? null : clockOf(cpu),
    ram_mb: report.memory,
    cpu_name: cpu,
    arch: report.target_arch,
    distro,
    kernel,
    is_virtual_machine: report.is_virtual_machine,
  };
}

const CLOCK = /@\s*(\d{1,6}(?:\.\d{1,6})?)\s*([GM])Hz/i;

/**
 * The clock that some processors have in their names: `Intel(R) Xeon(R) E-2386G CPU @ 3.50GHz`.
 *
 * @returns MHz, or null where the name does not say
 */
export function clockOf(cpu: string): number | null {
  const [, number, unit] = CLOCK.exec(cpu) ?? [];
  const clock = Math.round(Number(number) * (unit?.toUpperCase() === 'G' ? 1000 : 1));
  return clock > 0 ? clock : null;
}
