import { afterEach, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../support/app.ts';

let gateway: TestApp;
afterEach(() => gateway.close());

describe('GET /health', () => {
  test('200, and does not ask the dependencies', async () => {
    gateway = await createTestApp({
      readiness: async () => {
        throw new Error('asked');
      },
    });
    const response = await gateway.app.inject({ url: '/health' });
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(response.body).toBe('OK');
  });

  test('HEAD says the same without the text', async () => {
    gateway = await createTestApp();
    const response = await gateway.app.inject({ method: 'HEAD', url: '/health' });
    expect([response.statusCode, response.body]).toEqual([200, '']);
    expect(response.headers['content-length']).toBe('2');
  });
});

describe('GET /ready', () => {
  test('200 naming what was checked', async () => {
    gateway = await createTestApp({ readiness: async () => ({ postgres: null, rabbitmq: null }) });
    const response = await gateway.app.inject({ url: '/ready' });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({
      status: 'ready',
      checks: { postgres: 'ok', rabbitmq: 'ok' },
    });
  });

  test('503 naming what is missing, and why', async () => {
    gateway = await createTestApp({
      readiness: async () => ({ postgres: null, rabbitmq: 'connection refused' }),
    });
    const response = await gateway.app.inject({ url: '/ready' });
    expect(response.statusCode).toBe(503);
    expect(response.headers['retry-after']).toBe('1');
    expect(response.json()).toEqual({
      title: 'Service Unavailable',
      status: 503,
      code: 'not_ready',
      error: 'rabbitmq: connection refused',
      detail: 'rabbitmq: connection refused',
      checks: { postgres: 'ok', rabbitmq: 'connection refused' },
    });
  });

  test('HEAD has the status that GET has', async () => {
    gateway = await createTestApp({ readiness: async () => ({ rabbitmq: 'away' }) });
    const response = await gateway.app.inject({ method: 'HEAD', url: '/ready' });
    expect([response.statusCode, response.body]).toEqual([503, '']);
    expect(response.headers['retry-after']).toBe('1');
  });

  test('503 while the gateway shuts down, so that nothing new is sent here', async () => {
    gateway = await createTestApp();
    gateway.closing.abort();
    const response = await gateway.app.inject({ url: '/ready' });
    expect(response.statusCode).toBe(503);
    expect(response.json().checks).toMatchObject({ gateway: 'is shutting down' });
  });
});
