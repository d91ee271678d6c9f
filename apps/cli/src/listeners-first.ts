// In which order the modules of one process start.

import type { Module } from '@ganglion/kernel';

/**
 * The order in which modules start: those that listen to a topic before those that publish it, so that the first
 * message is heard. In a circle, the order is as given.
 */
export function listenersFirst(modules: readonly Module[]): Module[] {
  const ordered: Module[] = [];
  const visited = new Set<Module>();
  const visit = (module: Module) => {
    if (visited.has(module)) return;
    visited.add(module);
    const published = new Set(Object.values(module.publishes).map(({ family }) => family));
    const hears = (other: Module) => Object.values(other.listens).some(({ topic }) => published.has(topic.family));
    for (const other of modules) if (hears(other)) visit(other);
    ordered.push(module);
  };
  for (const module of modules) visit(module);
  return ordered;
}
