// What the tests need from the system: RabbitMQ, a browser, Python's AMQP client for the programs in test/ancestor, and the tools
// that ours hands figures to and takes them from; what the tracker is checked against; and what it is measured beside.
// What is missing comes from Debian's packages where that may be done; nothing is started by it.

import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/** collectd, and what its plugin for AMQP needs. */
const COLLECTD = ['collectd-core', 'librabbitmq4', 'libyajl2'];

/** Of the tests; the last four are other people's programs that we speak to. */
export const OF_TESTS = [
  ...['rabbitmq-server', 'chromium', 'python3-pika'],
  ...['prometheus', 'influxdb', 'postgresql', ...COLLECTD],
];

/** Of the check of the tracker against the kernel's own tools: the tools, and what makes the loads. */
export const OF_VERIFICATION = [
  'rabbitmq-server',
  'fio',
  'iperf3',
  'iproute2',
  'lm-sensors',
  'procps',
  'python3',
  'stress-ng',
  'sysstat',
];

/** Other programs that measure a machine. */
export const PEERS = [
  ...COLLECTD,
  'libsensors5',
  'prometheus-node-exporter',
  'netdata-core',
  'glances',
  'python3-pika',
];

/** How to tell that what a package brings is there, where it is not a program of the same name. */
const IS_THERE = {
  // Debian's packages are seen by Debian's Python alone, not by another one that stands first on PATH.
  'python3-pika': () => quietly(['/usr/bin/python3', '-c', 'import pika']) === 0,
  python3: () => existsSync('/usr/bin/python3'),
  'collectd-core': () => onPath('collectd'),
  influxdb: () => onPath('influxd'),
  iproute2: () => onPath('ip') && onPath('tc'),
  postgresql: () => hasPostgres(),
  libsensors5: () => isInstalled('libsensors5'),
  libyajl2: () => isInstalled('libyajl2'),
  librabbitmq4: () => isInstalled('librabbitmq4'),
  'lm-sensors': () => onPath('sensors'),
  'netdata-core': () => onPath('netdata'),
  procps: () => onPath('vmstat'),
  sysstat: () => onPath('sar'),
};

/** Services that packages bring and that would start at the next boot. */
const SERVICES = {
  'rabbitmq-server': 'rabbitmq-server',
  'collectd-core': 'collectd',
  glances: 'glances',
  influxdb: 'influxdb',
  postgresql: 'postgresql',
  'netdata-core': 'netdata',
  prometheus: 'prometheus',
  'prometheus-node-exporter': 'prometheus-node-exporter',
  sysstat: 'sysstat',
};

const APT = ['apt-get', 'install', '-y', '--no-install-recommends'];

/** Asked by Debian's maintainer scripts before they start a service; exit code 101 forbids it. */
const POLICY = '/usr/sbin/policy-rc.d';

/** Those of some packages whose contents were not found. */
export function missingPackages(packages = OF_TESTS) {
  return packages.filter((name) => !(IS_THERE[name] ?? (() => onPath(name)))());
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
    // Packages also ask for a start at every boot; nothing here needs that.
    for (const name of packages) {
      const service = SERVICES[name];
      if (service !== undefined && onPath('update-rc.d')) quietly(['update-rc.d', service, 'disable']);
    }
    if (packages.includes('rabbitmq-server')) {
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

function isInstalled(name) {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', `\${db:Status-Status}`, name], { encoding: 'utf8' });
  return stdout === 'installed';
}

/** Debian keeps each version in a folder of its own. */
function hasPostgres() {
  const folder = '/usr/lib/postgresql';
  return existsSync(folder) && readdirSync(folder).some((version) => existsSync(`${folder}/${version}/bin/initdb`));
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
