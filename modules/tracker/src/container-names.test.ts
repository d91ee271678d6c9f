import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unitIn } from './cgroup-path.ts';
import { FILE_BYTES_MAX, nameOf, parseDocker, parseOci, parsePodman } from './container-names.ts';
import { folderOf } from './probes/captured.ts';

const ID = '4f66ad9a0b2e'.padEnd(64, '7');
const name = (path: string, files: Readonly<Record<string, string>>) => {
  const unit = unitIn(path);
  return unit && nameOf(unit, folderOf(files));
};

describe('a container is called', () => {
  it('what Docker says', () => {
    const file = `var/lib/docker/containers/${ID}/config.v2.json`;
    const text = '{"Name":"/shop-db-1","Config":{"Image":"postgres:17"}}';
    expect(name(`/docker/${ID}`, { [file]: text })).toEqual({ name: 'shop-db-1', image: 'postgres:17' });
  });

  it('what Podman says in its list', () => {
    const file = 'var/lib/containers/storage/overlay-containers/containers.json';
    const text = JSON.stringify([
      { id: 'other', names: ['other'] },
      { id: ID, names: ['shop', 'again'] },
    ]);
    expect(name(`/machine.slice/libpod-${ID}.scope`, { [file]: text })).toEqual({ name: 'shop' });
  });

  it('what Kubernetes has written beside it, as containerd or CRI-O keep it', () => {
    const path = `/kubepods/besteffort/pod1/${ID}`;
    const annotations = {
      'io.kubernetes.cri.container-name': 'app',
      'io.kubernetes.cri.container-type': 'container',
      'io.kubernetes.cri.sandbox-name': 'shop-7d9',
      'io.kubernetes.cri.sandbox-namespace': 'live',
      'io.kubernetes.cri.image-name': 'shop:3',
    };
    const containerd = `run/containerd/io.containerd.runtime.v2.task/k8s.io/${ID}/config.json`;
    expect(name(path, { [containerd]: JSON.stringify({ annotations }) })).toEqual({
      name: 'app',
      pod: 'live/shop-7d9',
      image: 'shop:3',
    });
    const crio = `run/containers/storage/overlay-containers/${ID}/userdata/config.json`;
    const sandbox = { 'io.kubernetes.cri-o.ContainerType': 'sandbox', 'io.kubernetes.pod.name': 'shop-7d9' };
    expect(name(path, { [crio]: JSON.stringify({ annotations: sandbox }) })).toEqual({
      name: 'pause',
      pod: 'shop-7d9',
    });
  });

  it('nothing where nobody says, or more than is read', () => {
    expect(name(`/docker/${ID}`, {})).toBeUndefined();
    expect(name('/lxc/web', {})).toBeUndefined();
    const text = `{"Name":"/a"}${' '.repeat(FILE_BYTES_MAX)}.`;
    expect(name(`/docker/${ID}`, { [`var/lib/docker/containers/${ID}/config.v2.json`]: text })).toBeUndefined();
  });

  it('in one short line or not at all, whatever the file says', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.string().map((text) => JSON.stringify({ Name: text })),
        ),
        (text) => {
          for (const told of [parseDocker(text), parsePodman(text, ID), parseOci(text)]) {
            expect(told?.name ?? 'none').toMatch(/^\P{Cc}{1,96}$/u);
          }
        },
      ),
    );
  });
});
