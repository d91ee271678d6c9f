// Certificates for a broker that listens with TLS: made by Erlang, which is there wherever RabbitMQ is.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Files in PEM: the authority, and the certificate for `localhost` and 127.0.0.1 that it signed, with its key; and the
 * same for a client, which has an authority of its own.
 */
export interface CertificateFiles {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  readonly client_ca: string;
  readonly client_certificate: string;
  readonly client_key: string;
}

/** https://www.erlang.org/doc/apps/public_key/public_key.html#pkix_test_data/1 */
const PROGRAM = `
[Ca, Certificate, Key, ClientCa, ClientCertificate, ClientKey] = init:get_plain_arguments(),
Names = [{dNSName, "localhost"}, {iPAddress, <<127,0,0,1>>}],
SubjectAltName = {'Extension', {2,5,29,17}, false, Names},
Kind = [{key, {namedCurve, secp256r1}}, {digest, sha256}],
Plain = #{root => Kind, intermediates => [], peer => Kind},
#{server_config := Server, client_config := Client} = public_key:pkix_test_data(#{
  server_chain => Plain#{peer => [{extensions, [SubjectAltName]} | Kind]},
  client_chain => Plain
}),
Write = fun(Path, Entries) ->
  ok = file:write_file(Path, public_key:pem_encode([{Type, Der, not_encrypted} || {Type, Der} <- Entries]))
end,
Write(Ca, [{'Certificate', Der} || Der <- proplists:get_value(cacerts, Client)]),
Write(Certificate, [{'Certificate', proplists:get_value(cert, Server)}]),
Write(Key, [proplists:get_value(key, Server)]),
Write(ClientCa, [{'Certificate', Der} || Der <- proplists:get_value(cacerts, Server)]),
Write(ClientCertificate, [{'Certificate', proplists:get_value(cert, Client)}]),
Write(ClientKey, [proplists:get_value(key, Client)]),
halt().
`;

/** Makes them in `folder`. */
export async function makeCertificates(folder: string, environment: NodeJS.ProcessEnv): Promise<CertificateFiles> {
  // In the order in which the program takes them.
  const files = {
    ca: `${folder}/ca.pem`,
    certificate: `${folder}/certificate.pem`,
    key: `${folder}/key.pem`,
    client_ca: `${folder}/client-ca.pem`,
    client_certificate: `${folder}/client-certificate.pem`,
    client_key: `${folder}/client-key.pem`,
  };
  await run('erl', ['-noinput', '-eval', PROGRAM, '-extra', ...Object.values(files)], { env: environment });
  return files;
}
