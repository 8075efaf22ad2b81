import type { JSX } from 'preact';

export interface Order<Column extends string> {
  by: Column;
  descending: boolean;
}

interface SortedHeadProps<Column extends string> {
  column: Column;
  label: string;
  order: Order<Column>;
  onOrder: (order: Order<Column>) => void;
  number?: boolean;
}

/** The head of a column by which a table can be sorted. */
export function SortedHead<Column extends string>(props: SortedHeadProps<Column>): JSX.Element {
  const { column, label, order, onOrder, number = true } = props;
  const isOwn = order.by === column;
  const sort = isOwn ? (order.descending ? 'descending' : 'ascending') : 'none';
  return (
    <th scope="col" aria-sort={sort} {...(number && { class: 'number' })}>
      <button
        type="button"
        onClick={() => onOrder({ by: column, descending: isOwn ? !order.descending : number })}
      >
        {label}
      </button>
    </th>
  );
}

/** What has no value comes last. */
export function inOrder<Row>(
  rows: readonly Row[],
  valueOf: (row: Row) => string | number | null,
  descending: boolean,
): Row[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [left, right] = [valueOf(one), valueOf(other)];
    if (left === null || right === null) return (left === null ? 1 : 0) - (right === null ? 1 : 0);
    return left === right ? 0 : left < right ? -sign : sign;
  });
}
