// The testkit's coded errors.

import { CodedError, oneLine } from '@ganglion/kernel';

/** A program of RabbitMQ or Erlang was not found. */
export function rabbitmqMissing(program: string): CodedError {
  return new CodedError('RABBITMQ_MISSING', {
    what: 'no RabbitMQ for the tests',
    why: `there is no program "${program}"`,
    todo: 'type: sudo apt-get install rabbitmq-server',
  });
}

/** A private RabbitMQ did not come up. */
export function rabbitmqNotStarted(why: string, said: string): CodedError {
  return new CodedError('RABBITMQ_NOT_STARTED', {
    what: 'the private RabbitMQ did not start',
    why: oneLine(why),
    todo: `look at what it said: ${oneLine(said, 1000) || 'nothing'}`,
  });
}

/** rabbitmqctl ended with an error. */
export function rabbitmqCtlFailed(command: string, why: string): CodedError {
  return new CodedError('RABBITMQ_CTL_FAILED', {
    what: `rabbitmqctl ${oneLine(command, 100)} failed`,
    why: oneLine(why, 500),
    todo: 'correct the command, or look whether the broker runs',
  });
}

/** A program of PostgreSQL was not found. */
export function postgresMissing(program: string): CodedError {
  return new CodedError('POSTGRES_MISSING', {
    what: 'no PostgreSQL for the tests',
    why: `there is no program "${program}"`,
    todo: 'type: sudo apt-get install postgresql',
  });
}

/** A private PostgreSQL did not come up. */
export function postgresNotStarted(why: string, said: string): CodedError {
  return new CodedError('POSTGRES_NOT_STARTED', {
    what: 'the private PostgreSQL did not start',
    why: oneLine(why),
    todo: `look at what it said: ${oneLine(said, 1000) || 'nothing'}`,
  });
}
