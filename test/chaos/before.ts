/** Makes the folder for the rows of the table, before the matrix runs. */
import { openTable } from './table';

export default openTable;
