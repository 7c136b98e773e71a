import { styleText } from 'node:util';
import { OPEN_TABLES } from './catalogue.ts';
import type { Cell } from './matrix.ts';
import { violationsOf, type ProofReport } from './proof.ts';

const NAME_WIDTH = 36;
const VIOLATIONS_SHOWN_MAX = 200;

/** The proof as a person reads it: one line per operation with the status that each actor got, then all that is wrong. */
export function describeProof(report: ProofReport): string {
  const { operations, actors, matrix, crossings, catalogue, seconds } = report;
  const cellAt = new Map(matrix.map((cell) => [`${cell.operation} ${cell.actor}`, cell]));
  const width = Math.max(...actors.map((name) => name.length)) + 1;
  const head = `${'operation'.padEnd(NAME_WIDTH)}${actors.map((name) => name.padStart(width)).join('')}`;
  const lines = operations.map(({ id }) => {
    const row = actors.map((actor) => statusOf(cellAt.get(`${id} ${actor}`), width));
    return `${id.padEnd(NAME_WIDTH)}${row.join('')}`;
  });
  const crossed = crossings.map(
    (cell) => `${cell.operation.padEnd(NAME_WIDTH)} ${cell.actor.padEnd(30)} ${statusOf(cell, 5)}`,
  );
  return [
    styleText('bold', 'Operations × actors'),
    head,
    ...lines,
    '',
    styleText('bold', "Another team's ids, cursors, keys and places"),
    ...crossed,
    '',
    styleText('bold', 'Row-level security'),
    `${catalogue.tables} tables with a tenant, ${catalogue.roles} roles, ${catalogue.rowsTried} rows of another tenant tried`,
    ...[...OPEN_TABLES].map(([table, why]) => `${table} is open to its service: ${why}`),
    '',
    ...verdict(violationsOf(report)),
    `${operations.length} operations, ${matrix.length} calls, ${crossings.length} crossings in ${seconds.toFixed(1)} s`,
  ].join('\n');
}

function statusOf(cell: Cell | undefined, width: number): string {
  const text = (cell ? String(cell.status) : '–').padStart(width);
  return cell && cell.violations.length > 0 ? styleText('red', text) : text;
}

function verdict(violations: string[]): string[] {
  if (violations.length === 0) return [styleText('green', '✓ no violation')];
  return [
    styleText('red', `✗ ${violations.length} violations`),
    ...violations.slice(0, VIOLATIONS_SHOWN_MAX).map((text) => `  ${text}`),
  ];
}
