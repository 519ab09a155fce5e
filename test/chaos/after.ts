/** After the matrix: its table. */
import { printTable } from './table';

export default printTable;
