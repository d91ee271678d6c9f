import { describe, expect, it, vi } from 'vitest';
import type { FileSystemSize } from '../host.ts';
import { captured } from './captured.ts';
import { ASKED_MAX, FILE_SYSTEMS_MAX, fileSystemsOn, type Mount, noneAsked, parseMountinfo } from './file-systems.ts';

const mountsOn = (machine: string) => parseMountinfo(captured(machine, 'self/mountinfo') ?? '');
const mount = (folder: string): Mount => ({
  folder,
  type: 'ext4',
  source: `/dev${folder}`,
  read_only: false,
  remote: folder.startsWith('/net'),
});
const size = (used: number): FileSystemSize => ({
  bsize: 4_096,
  blocks: 1_000,
  bfree: 1_000 - used,
  bavail: 950 - used,
  files: 200,
  ffree: 150,
});

describe('the mounted file systems', () => {
  it('are those on disks of this machine and those of others, each once, under their real names', () => {
    expect(mountsOn('server-128-cores-linux-5.15')).toEqual([
      { folder: '/', type: 'xfs', source: '/dev/nvme0n1p2', read_only: false, remote: false },
      { folder: '/boot/efi', type: 'vfat', source: '/dev/nvme0n1p1', read_only: false, remote: false },
      // The mount may be written to; what is mounted has turned read-only.
      { folder: '/srv/old backups', type: 'ext4', source: '/dev/mapper/vg0-backups', read_only: true, remote: false },
      { folder: '/tank', type: 'zfs', source: 'tank', read_only: false, remote: false },
      { folder: '/tank/home', type: 'zfs', source: 'tank/home', read_only: false, remote: false },
      { folder: '/mnt/nas', type: 'nfs4', source: 'nas.example.com:/export', read_only: false, remote: true },
      { folder: '/mnt/share', type: 'cifs', source: '//nas.example.com/share', read_only: false, remote: true },
      { folder: '/home/a/s3', type: 'fuse.s3fs', source: 's3fs', read_only: false, remote: true },
    ]);
    expect(mountsOn('vm-2-cores-linux-6.18').map(({ folder }) => folder)).toEqual(['/']);
  });

  it('are those a container sees', () => {
    expect(mountsOn('lxc-container').map(({ folder }) => folder)).toEqual(['/', '/data']);
  });

  it('are what was mounted last on a folder', () => {
    const line = (source: string) => `1 2 8:1 / /mnt rw - ext4 ${source} rw\n`;
    expect(parseMountinfo(line('/dev/sda1') + line('/dev/sdb1'))).toMatchObject([{ source: '/dev/sdb1' }]);
  });

  it('are read-only when they have turned so, not when only we may not write', () => {
    const line = (mount: string, all: string) => `1 2 8:1 / /mnt ${mount} - ext4 /dev/sda1 ${all}\n`;
    expect(parseMountinfo(line('ro,relatime', 'rw'))).toMatchObject([{ read_only: false }]);
    expect(parseMountinfo(line('rw', 'ro,errors=remount-ro'))).toMatchObject([{ read_only: true }]);
  });

  it.each(['x\n', '1 2 8:1 / /mnt rw ext4 /dev/sda1 rw\n'])(
    'are refused when not written as the kernel does: %j',
    (text) => {
      expect(() => parseMountinfo(text)).toThrow(expect.objectContaining({ code: 'PROC_UNEXPECTED' }));
    },
  );
});

describe('file systems', () => {
  it('tell how full they are, in space and inodes; the headline is the fullest', async () => {
    const reading = await fileSystemsOn(
      [mount('/a'), mount('/b')],
      async (folder) => size(folder === '/a' ? 95 : 190),
      noneAsked(),
    );
    expect(reading).toMatchObject({ percentage: 20, figures: { fullest: '/b' } });
    expect(reading?.figures.mounts['/a']).toEqual({
      used_percentage: 10,
      total_bytes: 4_096_000,
      used_bytes: 389_120,
      available_bytes: 3_502_080,
      inodes: 200,
      inodes_used: 50,
      inodes_percentage: 25,
      read_only: false,
      type: 'ext4',
    });
  });

  it('have no inodes where their number has no limit, and are not told where there is nothing to fill', async () => {
    const sizes = { '/a': { ...size(95), files: 0, ffree: 0 }, '/b': { ...size(0), blocks: 0, bfree: 0, bavail: 0 } };
    const statfs = async (folder: string) => sizes[folder as '/a' | '/b'];
    const reading = await fileSystemsOn([mount('/a'), mount('/b')], statfs, noneAsked());
    expect(Object.keys(reading?.figures.mounts ?? {})).toEqual(['/a']);
    expect(reading?.figures.mounts['/a']).not.toHaveProperty('inodes');
  });

  it('are told apart when they cannot be asked', async () => {
    const statfs = async (folder: string) => {
      if (folder === '/gone') throw new Error('ESTALE');
      return size(95);
    };
    const { figures } = (await fileSystemsOn([mount('/gone'), mount('/a')], statfs, noneAsked())) ?? {};
    expect(figures).toMatchObject({ unanswered: ['/gone'], fullest: '/a' });
  });

  it('that hang hold up no other, are asked once, and never more of them than are allowed', async () => {
    vi.useFakeTimers();
    try {
      const asked = noneAsked();
      let answer = (_: FileSystemSize) => {};
      const statfs = vi.fn((folder: string) =>
        folder.startsWith('/hangs')
          ? new Promise<FileSystemSize>((resolve) => {
              answer = resolve;
            })
          : Promise.resolve(size(95)),
      );
      const read = async (...folders: string[]) => {
        const reading = fileSystemsOn(folders.map(mount), statfs, asked);
        await vi.runAllTimersAsync();
        return (await reading)?.figures;
      };
      const first = await read('/hangs/1', '/a', '/b');
      expect(Object.keys(first?.mounts ?? {})).toEqual(['/a', '/b']);
      expect(first?.unanswered).toEqual(['/hangs/1']);
      const second = await read('/hangs/1', '/hangs/2', '/hangs/3', '/a');
      expect(second?.unanswered).toEqual(['/hangs/1', '/hangs/2', '/hangs/3', '/a']);
      expect([...asked.local]).toEqual(['/hangs/1', '/hangs/2']);
      await read('/hangs/1', '/a');
      expect(asked.local.size).toBe(ASKED_MAX);
      expect(statfs.mock.calls.map(([folder]) => folder)).toEqual(['/hangs/1', '/a', '/b', '/hangs/2']);
      answer(size(1));
      await vi.runAllTimersAsync();
      expect((await read('/hangs/1', '/a'))?.mounts).toHaveProperty('/a');
    } finally {
      vi.useRealTimers();
    }
  });

  it('of other machines that hang hold up none of this one, and a full one is not in the headline', async () => {
    vi.useFakeTimers();
    try {
      const asked = noneAsked();
      const statfs = vi.fn((folder: string) =>
        folder === '/net/hangs'
          ? new Promise<FileSystemSize>(() => {})
          : Promise.resolve(size(folder === '/a' ? 95 : 950)),
      );
      const read = async (...folders: string[]) => {
        const reading = fileSystemsOn(folders.map(mount), statfs, asked);
        await vi.runAllTimersAsync();
        return await reading;
      };
      const well = await read('/a', '/net/full');
      expect(well).toMatchObject({ percentage: 10, figures: { fullest: '/a' } });
      expect(well?.figures.mounts['/net/full']).toMatchObject({ used_percentage: 100, remote: true });
      for (let n = 0; n < 3; n++) {
        const { figures } = (await read('/a', '/b', '/c', '/net/hangs', '/net/full')) ?? {};
        expect(Object.keys(figures?.mounts ?? {})).toEqual(['/a', '/b', '/c']);
        expect(figures?.unanswered).toEqual(['/net/hangs', '/net/full']);
      }
      expect(statfs.mock.calls.filter(([folder]) => folder.startsWith('/net'))).toEqual([
        ['/net/full'],
        ['/net/hangs'],
      ]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('are bounded, and it is said how many are left out', async () => {
    const mounts = Array.from({ length: FILE_SYSTEMS_MAX + 5 }, (_, n) => mount(`/${n}`));
    const { figures } = (await fileSystemsOn(mounts, async () => size(1), noneAsked())) ?? {};
    expect(Object.keys(figures?.mounts ?? {})).toHaveLength(FILE_SYSTEMS_MAX);
    expect(figures?.left_out).toBe(5);
  });
});
