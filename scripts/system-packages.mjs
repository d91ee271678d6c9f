// What the tests need from the system: RabbitMQ, a browser, and Python's AMQP client for the programs in test/ancestor.
// What is missing comes from Debian's packages where that may be done; nothing is started by it.

import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/** Each Debian package and how to tell that what it brings is there. */
const NEEDS = [
  { package: 'rabbitmq-server', isThere: () => onPath('rabbitmq-server') },
  { package: 'chromium', isThere: () => onPath('chromium') },
  // Debian's packages are seen by Debian's Python alone, not by another one that stands first on PATH.
  { package: 'python3-pika', isThere: () => quietly(['/usr/bin/python3', '-c', 'import pika']) === 0 },
];

const APT = ['apt-get', 'install', '-y', '--no-install-recommends'];

/** Asked by Debian's maintainer scripts before they start a service; exit code 101 forbids it. */
const POLICY = '/usr/sbin/policy-rc.d';

/** The packages whose contents were not found. */
export function missingPackages() {
  return NEEDS.filter((need) => !need.isThere()).map((need) => need.package);
}

/** The one line a person types to get them. */
export function installLine(packages) {
  return ['sudo', ...APT, ...packages].join(' ');
}

/** Whether this process may install them: it is root on a Debian. */
export function mayInstall() {
  return process.getuid?.() === 0 && onPath('apt-get');
}

/**
 * Installs packages without starting a broker; one that runs already is left alone.
 * Resolves to whether it worked; what apt-get said is shown when it did not.
 */
export async function installPackages(packages) {
  const before = new Set(brokers());
  const forbids = !existsSync(POLICY);
  if (forbids) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    let tried = await apt([...APT, ...packages]);
    if (tried.code !== 0) {
      // The lists of a fresh machine are empty or old.
      await apt(['apt-get', 'update']);
      tried = await apt([...APT, ...packages]);
    }
    if (tried.code !== 0) process.stderr.write(tried.output);
    return tried.code === 0;
  } finally {
    if (forbids) rmSync(POLICY);
    if (packages.includes('rabbitmq-server')) {
      // The package also asks for a start at every boot; the tests need none.
      if (onPath('update-rc.d')) quietly(['update-rc.d', 'rabbitmq-server', 'disable']);
      if (brokers().some((pid) => !before.has(pid))) quietly(['service', 'rabbitmq-server', 'stop']);
    }
  }
}

/** Runs a short program to its end; returns its exit code, null when there is none. */
function quietly([name, ...options]) {
  return spawnSync(name, options).status;
}

function apt(command) {
  return new Promise((resolve) => {
    const [name, ...options] = command;
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const child = spawn(name, options, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text) => {
        output += text;
      });
    }
    child.on('error', (error) => resolve({ code: 1, output: `${error.message}\n` }));
    child.on('close', (code) => resolve({ code, output }));
  });
}

function onPath(name) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/bin'];
  return folders.some((folder) => {
    try {
      accessSync(`${folder}/${name}`, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The process numbers of the Erlang machines that run. */
function brokers() {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/comm`, 'utf8') === 'beam.smp\n';
    } catch {
      return false; // It ended meanwhile.
    }
  });
}
