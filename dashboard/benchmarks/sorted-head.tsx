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

/** A sortable column header. */
export function SortedHead<Column extends string>(props: SortedHeadProps<Column>): JSX.Element {
  const { column, label, order, onOrder, number = true } = props;
  const isSorted = order.by === column;
  const sort = isSorted ? (order.descending ? 'descending' : 'ascending') : 'none';
  return (
    <th scope="col" aria-sort={sort} {...(number && { class: 'number' })}>
      <button
        type="button"
        onClick={() => onOrder({ by: column, descending: isSorted ? !order.descending : number })}
      >
        {label}
      </button>
    </th>
  );
}

/** Sorts rows. Rows without a value are last. */
export function sortRows<Row>(
  rows: readonly Row[],
  valueOf: (row: Row) => string | number | null,
  descending: boolean,
): Row[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [valueOf(a), valueOf(b)];
    if (left === null || right === null) return (left === null ? 1 : 0) - (right === null ? 1 : 0);
    return left === right ? 0 : left < right ? -sign : sign;
  });
}
