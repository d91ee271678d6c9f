// File systems: how full each is, and whether it can be written to.
//
// From /proc/self/mountinfo, see proc(5), and statfs(2). Asking a file system can take for ever, above all one on another
// machine: whatever hangs holds up no one, and those of other machines hold up none of this one. They are told, but are not in
// the headline: one that is full would be everybody's.

import Type, { type Static } from 'typebox';
import { procUnexpected } from '../errors.ts';
import { Bytes, Count, Percentage } from '../figures.ts';
import type { FileSystemSize, Host } from '../host.ts';
import { defineProbe, percentageOf, type Reading } from '../probe.ts';

/** File systems whose figures are in a measure; the others are counted. */
export const FILE_SYSTEMS_MAX = 32;

/** How long an answer is waited for. */
export const ANSWER_MS = 2_000;

/** Questions open at any time, to this machine's file systems and to others. Each holds one of Node's four threads for files. */
export const ASKED_MAX = 2;
export const REMOTE_ASKED_MAX = 1;

const FileSystem = Type.Object({
  used_percentage: Percentage('In use'),
  total_bytes: Bytes('Total'),
  used_bytes: Bytes('In use'),
  available_bytes: Bytes('Available to everyone'),
  inodes_percentage: Type.Optional(Percentage('Inodes in use')),
  inodes: Type.Optional(Count('Inodes')),
  inodes_used: Type.Optional(Count('Inodes in use')),
  read_only: Type.Boolean({ title: 'Read-only' }),
  remote: Type.Optional(Type.Boolean({ title: 'On another machine' })),
  type: Type.String({ title: 'Kind' }),
});

type FileSystem = Static<typeof FileSystem>;

const schema = Type.Object({
  fullest: Type.Optional(Type.String({ title: 'The fullest' })),
  mounts: Type.Record(Type.String(), FileSystem, { title: 'By the folder where it is' }),
  unanswered: Type.Optional(Type.Array(Type.String(), { title: 'Those that did not answer' })),
  left_out: Type.Optional(Count(`File systems beyond the first ${FILE_SYSTEMS_MAX}`)),
});

type Figures = Static<typeof schema>;

export const file_systems = defineProbe({
  name: 'file_systems',
  schema,
  every_ms: 10_000,
  open: ({ proc, statfs }) => {
    const asked = noneAsked();
    return {
      read: async () => {
        const text = proc?.text('self/mountinfo');
        return text === undefined ? undefined : fileSystemsOn(parseMountinfo(text), statfs, asked);
      },
    };
  },
});

/** A file system that is mounted. */
export interface Mount {
  /** The folder where it is. */
  readonly folder: string;
  readonly type: string;
  /** What it lies on: `/dev/sda1`, the name of a pool. */
  readonly source: string;
  readonly read_only: boolean;
  /** Whether it is on another machine, or of a program that may wait for one. */
  readonly remote: boolean;
}

/** Folders whose answer is still open, kept from one reading to the next. */
export interface Asked {
  /** At most `ASKED_MAX`. */
  readonly local: Set<string>;
  /** At most `REMOTE_ASKED_MAX`. */
  readonly remote: Set<string>;
}

export function noneAsked(): Asked {
  return { local: new Set(), remote: new Set() };
}

/**
 * Parses a mountinfo, `36 35 98:0 / /mnt rw,noatime master:1 - ext3 /dev/root rw,errors=continue`: the file systems of this
 * machine's own disks and of other machines, each once, its own first.
 *
 * @throws CodedError `PROC_UNEXPECTED`
 */
export function parseMountinfo(text: string): Mount[] {
  const folders = new Map<string, Mount>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, folder, type, source, of_all] = MOUNT.exec(line) ?? [];
    if (folder === undefined || type === undefined || source === undefined) {
      throw procUnexpected('/proc/self/mountinfo', `no mount in "${line}"`);
    }
    // Of the file system itself: a mount that only this program may not write to says nothing of it.
    const read_only = of_all?.split(',').includes('ro') === true;
    // What is mounted later on the same folder hides what was there.
    folders.set(plain(folder), {
      folder: plain(folder),
      type,
      source: plain(source),
      read_only,
      remote: REMOTE.test(type),
    });
  }
  // The same disk may be seen in several folders, in containers even in files; the shortest is where it is.
  const sources = new Map<string, Mount>();
  for (const mount of folders.values()) {
    if (!mount.remote && !isOnDisk(mount)) continue;
    const known = sources.get(mount.source);
    if (known === undefined || mount.folder.length < known.folder.length) sources.set(mount.source, mount);
  }
  return [...sources.values()].toSorted((a, b) => Number(a.remote) - Number(b.remote));
}

const MOUNT = /^\d+ \d+ \d+:\d+ \S+ (\/\S*) \S+(?: \S+)*? - (\S+) (\S+) (\S+)$/;

/** Spaces and the like are written as `\040`. */
function plain(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

const REMOTE =
  /^(?:nfs\d?|cifs|smb\w*|ncpfs|afs|ceph|gfs2|glusterfs|lustre|beegfs|gpfs|9p|virtiofs|fuse\.(?:\w*s3\w*|sshfs|rclone|gluster\w*|ceph\w*|gcsfuse|blobfuse\d?|davfs\d?|curlftpfs))$/;

/** What asks for more than it says: a mount that is made by being looked at, a program's own little world. */
const ODD = /^(?:autofs|fuse|fuse\..+)$/;

/** As full as they were made. */
const FIXED = /^(?:squashfs|iso9660|udf|erofs|cramfs|romfs)$/;

/** Which lie on disks without naming one. */
const POOLED = /^(?:zfs|btrfs|bcachefs|ubifs)$/;

function isOnDisk({ folder, type, source }: Mount): boolean {
  if (ODD.test(type) || FIXED.test(type)) return false;
  // A container's own root lies on a disk that it does not see.
  return source.startsWith('/') || POOLED.test(type) || (type === 'overlay' && folder === '/');
}

/**
 * How full file systems are: of those that answer in time.
 */
export async function fileSystemsOn(
  mounts: readonly Mount[],
  statfs: Host['statfs'],
  asked: Asked,
): Promise<Reading<Figures> | undefined> {
  if (mounts.length === 0) return undefined;
  const shown = mounts.slice(0, FILE_SYSTEMS_MAX);
  const [local, remote] = await Promise.all([
    sizesOf(
      shown.filter((mount) => !mount.remote),
      statfs,
      asked.local,
      ASKED_MAX,
    ),
    sizesOf(
      shown.filter((mount) => mount.remote),
      statfs,
      asked.remote,
      REMOTE_ASKED_MAX,
    ),
  ]);
  const sizes = new Map([...local, ...remote]);
  const answered: [string, FileSystem][] = [];
  const unanswered: string[] = [];
  let percentage: number | undefined;
  let fullest: string | undefined;
  for (const mount of shown) {
    const size = sizes.get(mount.folder);
    if (size === undefined) {
      unanswered.push(mount.folder);
    } else if (size.blocks > 0) {
      const file_system = fileSystemOf(mount, size);
      answered.push([mount.folder, file_system]);
      if (!mount.remote && file_system.used_percentage > (percentage ?? -1)) {
        percentage = file_system.used_percentage;
        fullest = mount.folder;
      }
    }
  }
  const figures: Figures = { mounts: Object.fromEntries(answered) };
  if (fullest !== undefined) figures.fullest = fullest;
  if (unanswered.length > 0) figures.unanswered = unanswered;
  if (mounts.length > shown.length) figures.left_out = mounts.length - shown.length;
  return { percentage, figures };
}

/** Asks a few at a time. Whom a question is open to is not asked again. */
async function sizesOf(
  mounts: readonly Mount[],
  statfs: Host['statfs'],
  asked: Set<string>,
  asked_max: number,
): Promise<ReadonlyMap<string, FileSystemSize>> {
  const sizes = new Map<string, FileSystemSize>();
  const waiting = mounts.map(({ folder }) => folder).filter((folder) => !asked.has(folder));
  let over = false;
  const askOneByOne = async () => {
    for (let folder = waiting.shift(); folder !== undefined && !over; folder = waiting.shift()) {
      asked.add(folder);
      try {
        sizes.set(folder, await statfs(folder));
      } catch {
        // It may have been unmounted, or be out of reach: it is among those without an answer.
      } finally {
        asked.delete(folder);
      }
    }
  };
  const lanes = Array.from({ length: asked_max - asked.size }, askOneByOne);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ANSWER_MS);
  });
  await Promise.race([Promise.all(lanes), late]);
  clearTimeout(timer);
  over = true;
  return sizes;
}

/** In use is what is not free; the share leaves out what is kept for root, as df(1) does. */
function fileSystemOf({ read_only, type, remote }: Mount, size: FileSystemSize): FileSystem {
  const { bsize, blocks, bfree, bavail, files, ffree } = size;
  const used = blocks - bfree;
  const file_system: FileSystem = {
    used_percentage: used + bavail === 0 ? 100 : percentageOf(used, used + bavail),
    total_bytes: blocks * bsize,
    used_bytes: used * bsize,
    available_bytes: bavail * bsize,
    read_only,
    type,
  };
  if (remote) file_system.remote = true;
  if (files > 0) {
    file_system.inodes = files;
    file_system.inodes_used = files - ffree;
    file_system.inodes_percentage = percentageOf(files - ffree, files);
  }
  return file_system;
}
