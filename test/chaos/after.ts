/** Prints the table after the matrix. */
import { printTable } from './table';

export default printTable;
