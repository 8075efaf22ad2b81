import { readFileSync, realpathSync } from 'node:fs';

/** Types of network file systems, as the kernel names them. */
const NETWORK =
  /^(nfs\d?|cifs|smb\d?|smbfs|ceph|9p|afs|lustre|gpfs|beegfs|ocfs2|gfs2|fuse\.(sshfs|glusterfs|s3fs|rclone|gcsfuse|cephfs|davfs2?)|davfs)$/;

/** Mount points with their file systems, from `/proc/self/mountinfo`: see proc(5). Later mounts cover earlier ones. */
function mountsOf(mountinfo: string): { point: string; type: string }[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before = '', after] = line.split(' - ');
    const point = before.split(' ')[4];
    const type = after?.split(' ')[0];
    if (point === undefined || type === undefined) return [];
    const unescaped = point.replace(/\\([0-7]{3})/g, (_, code: string) =>
      String.fromCharCode(parseInt(code, 8)),
    );
    return [{ point: unescaped, type }];
  });
}

/**
 * The type of the network file system that a directory is on, such as `nfs4`; undefined for a local disk, and on systems
 * that do not show it.
 *
 * @param directory existing
 * @param mountinfo see {@link readMountinfo}
 */
export function networkFileSystem(directory: string, mountinfo: string): string | undefined {
  const path = real(directory);
  const [mount] = mountsOf(mountinfo)
    .filter(({ point }) => point === '/' || path === point || path.startsWith(`${point}/`))
    .reverse()
    .sort((a, b) => b.point.length - a.point.length);
  return mount !== undefined && NETWORK.test(mount.type) ? mount.type : undefined;
}

/** The content of `/proc/self/mountinfo`; empty where there is none. */
export function readMountinfo(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return '';
  }
}

function real(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    return directory;
  }
}
