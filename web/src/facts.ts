// What a run has besides orders and charges (holds, refunds, renewals, dead letters, …), counted at each moment from its tape.

import { since, until, type Table, type Tape } from "./tape";

export interface Count {
  says: string;
  come: Float64Array; // when each came, ascending
  gone: Float64Array; // when each ended, for those that are counted only as long as they last
}

export interface Group {
  title: string;
  counts: Count[];
}

// Only what happens in this run: a group without a row isn't there.
export function factsOf(tape: Tape): Group[] {
  const { purchases, charges, orders, holds, captures, refunds, returns, requests, dead_letters: dead, takings, repeats } = tape.tables;
  const outcome = (name: string) => tape.names.outcome.indexOf(name);
  const answered = (row: number) => since(charges.sent![row]!, charges.answered![row]!);
  const released = (row: number) => since(holds.authorised![row]!, holds.released![row]!);
  const captured = (row: number) => since(captures.sent![row]!, captures.captured![row]!);
  const replayed = (row: number) => since(dead.buried![row]!, dead.replayed![row]!);
  const givenBack = (row: number) => since(takings.taken![row]!, takings.given_back![row]!);
  const charged = (row: number) => since(charges.sent![row]!, charges.captured![row]!);
  const usedUp = tape.names.status.indexOf("used_up");
  const isRenewal = (purchase: number) => purchases.waits![purchase] === 0;
  return [
    group("held on cards", [
      lasting("held now", holds, (row) => holds.authorised![row]!, released),
      count("taken", captures, captured),
      count("released, nothing taken", holds, (row) => (holds.captured_cents![row] ? NaN : released(row))),
    ]),
    group("cards", [
      count("calls declined", charges, (row) => (charges.outcome![row] === outcome("declined") ? answered(row) : NaN)),
      count("people who took another card", purchases, (row) => since(purchases.submitted![row]!, purchases.other_card![row]!)),
    ]),
    group("at the bank's page", [
      count("sent there", charges, (row) => (charges.outcome![row] === outcome("challenged") ? answered(row) : NaN)),
      count("came back", returns, (row) => requests.sent![returns.request![row]!]!),
    ]),
    group("money given back", [count("refunds", refunds, (row) => refunds.refunded![row]!)]),
    group("renewals", [
      count("due", purchases, (row) => (isRenewal(row) ? purchases.submitted![row]! : NaN)),
      count("charges for them", charges, (row) => (isRenewal(charges.purchase![row]!) ? charged(row) : NaN)),
    ]),
    group("agents", [
      count("that buy for people", purchases, (row) => (purchases.agent![row] ? purchases.submitted![row]! : NaN)),
      count("calls of theirs", requests, (row) => (purchases.agent![requests.purchase![row]!] ? requests.sent![row]! : NaN)),
    ]),
    group("what can be used up", [
      count("taken for an order", takings, (row) => takings.taken![row]!),
      count("given back", takings, givenBack),
      count("orders that found too little", orders, (row) => (orders.status![row] === usedUp ? since(orders.created![row]!, orders.changed![row]!) : NaN)),
    ]),
    group("dead letters", [
      lasting("laid aside now", dead, (row) => dead.buried![row]!, replayed),
      count("laid aside in all", dead, (row) => dead.buried![row]!),
      count("sent again", dead, replayed),
    ]),
    group("the proxy", [count("requests that it sent again", repeats, (row) => repeats.sent![row]!)]),
  ].filter((one) => one.counts.some((each) => each.come.length > 0));
}

// How many there are at a moment.
export function at(count: Count, now: number): number {
  return until(count.come, now) - until(count.gone, now);
}

function group(title: string, counts: Count[]): Group {
  return { title, counts };
}

function count(says: string, table: Table, when: (row: number) => number): Count {
  return { says, come: times(table, when), gone: new Float64Array(0) };
}

function lasting(says: string, table: Table, comes: (row: number) => number, goes: (row: number) => number): Count {
  return { says, come: times(table, comes), gone: times(table, goes) };
}

// In order of time; NaN never happened.
function times(table: Table, when: (row: number) => number): Float64Array {
  const found = new Float64Array(table.rows);
  let number = 0;
  for (let row = 0; row < table.rows; row++) {
    const time = when(row);
    if (!Number.isNaN(time)) found[number++] = time;
  }
  return found.slice(0, number).sort();
}
