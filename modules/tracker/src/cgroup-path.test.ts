import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unitIn, unitOfProcess } from './cgroup-path.ts';

const ID = '4f66ad9a0b2e'.padEnd(64, '7');

describe('a control group stands for', () => {
  it.each([
    ['/system.slice/nginx.service', 'service', 'nginx.service'],
    ['/system.slice/system-getty.slice/getty@tty1.service', 'service', 'getty@tty1.service'],
    ['/system.slice/snap\\x2dstore.service', 'service', 'snap-store.service'],
    ['/init.scope', 'scope', 'init.scope'],
    ['/user.slice/user-1000.slice/session-3.scope', 'scope', 'session-3.scope'],
    ['/user.slice/user-1000.slice/user@1000.service/app.slice/app-editor.scope', 'scope', 'user 1000 app-editor.scope'],
    ['/machine.slice/machine-qemu\\x2d1\\x2dweb.scope', 'machine', 'machine qemu-1-web'],
    [`/system.slice/docker-${ID}.scope`, 'container', 'docker 4f66ad9a0b2e'],
    [`/docker/${ID}`, 'container', 'docker 4f66ad9a0b2e'],
    [`/machine.slice/libpod-${ID}.scope/container`, 'container', 'podman 4f66ad9a0b2e'],
    [`/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope`, 'container', 'podman 4f66ad9a0b2e'],
    [`/libpod_parent/libpod-${ID}`, 'container', 'podman 4f66ad9a0b2e'],
    [
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice/cri-containerd-${ID}.scope`,
      'container',
      'kubernetes 4f66ad9a0b2e',
    ],
    [`/kubepods/besteffort/pod1-2/${ID}`, 'container', 'kubernetes 4f66ad9a0b2e'],
    [`/default/${ID}`, 'container', 'container 4f66ad9a0b2e'],
    ['/lxc.payload.web', 'container', 'lxc web'],
    ['/lxc/web/init.scope', 'container', 'lxc web'],
  ])('%s: a %s', (path, kind, name) => {
    expect(unitIn(path)).toMatchObject({ kind, name });
  });

  it('what it is inside of, when that is a container', () => {
    expect(unitIn(`/docker/${ID}/system.slice/cron.service`)?.path).toBe(`/docker/${ID}`);
  });

  it.each([
    '/',
    '',
    '/system.slice',
    '/user.slice/user-1000.slice/user@1000.service',
    `/machine.slice/libpod-conmon-${ID}.scope`,
    `/docker/${ID.slice(1)}`,
    '/lxc/',
  ])('nothing: %j', (path) => {
    expect(unitIn(path)).toBeUndefined();
  });
});

describe('a process', () => {
  it('is in the unit that any of its trees says', () => {
    expect(unitOfProcess('0::/system.slice/nginx.service\n')?.name).toBe('nginx.service');
    expect(unitOfProcess(`12:cpuset:/\n4:memory:/docker/${ID}\n0::/\n`)?.name).toBe('docker 4f66ad9a0b2e');
    expect(unitOfProcess('1:name=systemd:/init.scope\n')?.name).toBe('init.scope');
    expect(unitOfProcess('0::/\n')).toBeUndefined();
  });

  it('of any text is in no unit, or in one with a name of one short line', () => {
    const step = fc.oneof(fc.constantFrom('docker', ID, 'a.service', 'lxc', 'kubepods', 'x.scope'), fc.string());
    fc.assert(
      fc.property(fc.array(step), fc.string(), (steps, before) => {
        const name = unitOfProcess(`${before}0::/${steps.join('/')}`)?.name ?? 'none';
        expect(name.length).toBeGreaterThan(0);
        expect(name.length).toBeLessThan(110);
        expect(name).not.toContain('\n');
      }),
    );
  });
});
