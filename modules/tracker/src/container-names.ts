// What a container is called, from the files that its engine keeps about it. Most are root's: for others a container has only
// its id.

import { oneLine } from '@ganglion/kernel';
import Type, { type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { Unit } from './cgroup-path.ts';
import type { Folder } from './host.ts';

/** What such a file may have. */
export const FILE_BYTES_MAX = 1_048_576;

/** What people call a container. */
export interface ContainerName {
  readonly name: string;
  readonly image?: string;
  /** Of a container of Kubernetes: namespace and pod. */
  readonly pod?: string;
}

/** Undefined where it cannot be read, or says none. */
export function nameOf({ engine, id }: Unit, files: Folder): ContainerName | undefined {
  if (id === undefined) return undefined;
  switch (engine) {
    case 'docker':
      return parseDocker(textOf(files, `var/lib/docker/containers/${id}/config.v2.json`));
    case 'podman':
      return parsePodman(textOf(files, 'var/lib/containers/storage/overlay-containers/containers.json'), id);
    case 'kubernetes':
      return (
        parseOci(textOf(files, `run/containerd/io.containerd.runtime.v2.task/k8s.io/${id}/config.json`)) ??
        parseOci(textOf(files, `run/containers/storage/overlay-containers/${id}/userdata/config.json`))
      );
    default:
      return undefined;
  }
}

function textOf(files: Folder, name: string): string {
  const { size_bytes = Number.NaN } = files.about(name) ?? {};
  return size_bytes <= FILE_BYTES_MAX ? (files.read(name) ?? '') : '';
}

const Docker = Type.Object({
  Name: Type.String(),
  Config: Type.Optional(Type.Object({ Image: Type.Optional(Type.String()) })),
});

/** Parses Docker's own description of a container. */
export function parseDocker(text: string): ContainerName | undefined {
  const told = parse(Docker, text);
  const name = told && short(told.Name.replace(/^\//, ''));
  if (name === undefined || name === '') return undefined;
  const image = short(told?.Config?.Image ?? '');
  return image === '' ? { name } : { name, image };
}

const Podman = Type.Array(Type.Object({ id: Type.String(), names: Type.Optional(Type.Array(Type.String())) }));

/** Parses Podman's list of all its containers. */
export function parsePodman(text: string, id: string): ContainerName | undefined {
  const name = short(parse(Podman, text)?.find((each) => each.id === id)?.names?.[0] ?? '');
  return name === '' ? undefined : { name };
}

const Oci = Type.Object({ annotations: Type.Record(Type.String(), Type.String()) });

/** Parses what a container of Kubernetes was started with, as containerd and CRI-O write it. */
export function parseOci(text: string): ContainerName | undefined {
  const annotations = parse(Oci, text)?.annotations;
  if (annotations === undefined) return undefined;
  const told = (...names: readonly string[]) => short(names.map((name) => annotations[name]).find(Boolean) ?? '');
  const pod_name = told('io.kubernetes.cri.sandbox-name', 'io.kubernetes.pod.name');
  // Each pod has one more, which only holds its network.
  const holds_pod = told('io.kubernetes.cri.container-type', 'io.kubernetes.cri-o.ContainerType') === 'sandbox';
  const name = holds_pod ? 'pause' : told('io.kubernetes.cri.container-name', 'io.kubernetes.container.name');
  if (name === '') return undefined;
  const namespace = told('io.kubernetes.cri.sandbox-namespace', 'io.kubernetes.pod.namespace');
  const image = told('io.kubernetes.cri.image-name', 'io.kubernetes.cri-o.ImageName');
  const found = { name, ...(pod_name !== '' && { pod: namespace === '' ? pod_name : `${namespace}/${pod_name}` }) };
  return image === '' ? found : { ...found, image };
}

/** What a text of JSON says, if it is as expected. */
function parse<Schema extends TSchema>(schema: Schema, text: string): Type.Static<Schema> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Value.Check(schema, value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function short(text: string): string {
  return oneLine(text, 96);
}
