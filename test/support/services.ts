/** The services that tests run against; `npm test` starts them and sets these variables. */
export const services = {
  /** A database whose role may create further databases. */
  databaseUrl:
    process.env['ASYA_TEST_DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres',
  rabbitmqUrl: process.env['ASYA_TEST_RABBITMQ_URL'] ?? 'amqp://guest:guest@127.0.0.1:5672/',
};
