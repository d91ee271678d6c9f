// What a control group stands for, told from its path: a container, a virtual machine, or a unit of systemd.
//
//     /system.slice/nginx.service
//     /system.slice/docker-4f66ad9a0b2e….scope                         docker with systemd
//     /docker/4f66ad9a0b2e…                                            docker without
//     /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod….slice/cri-containerd-4f66ad9a0b2e….scope
//     /kubepods/burstable/pod…/4f66ad9a0b2e…
//     /user.slice/user-1000.slice/user@1000.service/app.slice/app-editor.scope

import { oneLine } from '@ganglion/kernel';

/** A control group that stands for something. */
export interface Unit {
  readonly kind: 'container' | 'machine' | 'service' | 'scope';
  /** Unlike any other of this machine: `nginx.service`, `docker 4f66ad9a0b2e`. */
  readonly name: string;
  /** Of a container: who runs it, and its whole id where it has one. */
  readonly engine?: string;
  readonly id?: string;
  /** The path of its group: that of whatever is inside begins so. */
  readonly path: string;
}

/** The unit that a group is, or is inside of; undefined where it is of none, as a slice is. */
export function unitIn(path: string): Unit | undefined {
  const steps = path.split('/');
  let user: string | undefined;
  for (let depth = 1; depth < steps.length; depth++) {
    const step = steps[depth] ?? '';
    const manager = /^user@(\d{1,10})\.service$/.exec(step);
    if (manager !== null) {
      // It runs units of its own.
      user = manager[1];
      continue;
    }
    const unit = unitOf(step, steps[depth - 1] ?? '', path.startsWith('/kubepods'), user);
    if (unit !== undefined) return { ...unit, path: steps.slice(0, depth + 1).join('/') };
  }
  return undefined;
}

function unitOf(
  step: string,
  parent: string,
  in_pod: boolean,
  user: string | undefined,
): Omit<Unit, 'path'> | undefined {
  const [, prefix = in_pod ? 'kubernetes' : parent, id] = CONTAINER.exec(step) ?? [];
  if (id !== undefined) {
    const engine = ENGINES.get(prefix) ?? 'container';
    return { kind: 'container', engine, id, name: `${engine} ${id.slice(0, SHORT_ID)}` };
  }
  const [, lxc = parent === 'lxc' ? step : undefined] = /^lxc\.payload\.(.+)$/.exec(step) ?? [];
  if (lxc !== undefined && lxc !== '') return { kind: 'container', engine: 'lxc', name: `lxc ${readable(lxc)}` };
  const [, unit, type] = /^(.+)\.(service|scope)$/.exec(step) ?? [];
  // Beside each container of podman and CRI-O there is one with the program that watches it.
  if (unit === undefined || /conmon-[0-9a-f]{64}$/.test(unit)) return undefined;
  const [, machine] = /^machine-(.+)$/.exec(unit) ?? [];
  if (machine !== undefined) return { kind: 'machine', name: `machine ${readable(machine)}` };
  const name = user === undefined ? step : `user ${user} ${step}`;
  return { kind: type === 'service' ? 'service' : 'scope', name: readable(name) };
}

const CONTAINER = /^(?:(docker|libpod|cri-containerd|crio|nerdctl)-)?([0-9a-f]{64})(?:\.scope)?$/;

/** By the word before the id, or the folder that it is in. */
const ENGINES: ReadonlyMap<string, string> = new Map([
  ['docker', 'docker'],
  ['libpod', 'podman'],
  ['libpod_parent', 'podman'],
  ['cri-containerd', 'kubernetes'],
  ['crio', 'kubernetes'],
  ['kubernetes', 'kubernetes'],
  ['nerdctl', 'containerd'],
]);

/** Digits of an id that people and engines use. */
const SHORT_ID = 12;

const NAME_MAX = 96;

/** systemd writes `-` as `\x2d` where it means something. */
function readable(name: string): string {
  const plain = name.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return oneLine(plain, NAME_MAX);
}

/**
 * The unit of a process, from its `/proc/<pid>/cgroup`: `0::/system.slice/nginx.service`, and before version 2 of control
 * groups a line for each tree, `4:memory:/docker/…`. Undefined where it is in none.
 */
export function unitOfProcess(text: string): Unit | undefined {
  for (const [, path = ''] of text.matchAll(/^\d+:[^:]*:(\/.*)$/gm)) {
    const unit = unitIn(path);
    if (unit !== undefined) return unit;
  }
  return undefined;
}
