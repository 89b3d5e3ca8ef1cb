#include <mach/ndr.h>

NDR_record_t NDR_record = {
    .mig_encoding = NDR_PROTOCOL_2_0,
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    .int_rep = NDR_INT_LITTLE_ENDIAN,
#else
    .int_rep = NDR_INT_BIG_ENDIAN,
#endif
    .char_rep = NDR_CHAR_ASCII,
    .float_rep = NDR_FLOAT_IEEE,
};
