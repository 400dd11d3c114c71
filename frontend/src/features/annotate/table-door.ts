import { get } from "@/api/http";
import type { components } from "@/api/schema.gen";
import type { TableDoor } from "@/viewer-core/voi-tables";

type TableList = components["schemas"]["TableListOut"];

/** The way to the brightness tables of a series; not gone where its images bring none. */
export const tableDoor: TableDoor = async (grid, frame) => {
  const url = `/api/v1/grids/${grid}/tables`;
  const { results } = await get<TableList>(url, { query: { frame } });
  return results;
};
