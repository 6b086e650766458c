#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace lora {

/// Goes through a JSON text before it is parsed, to refuse what should not be held in memory (the hooks may
/// throw). Takes time linear in the text's length: nlohmann's parser with a callback compares every object
/// with all others of its parent, which a file of a megabyte makes last minutes.
class JsonWalk : public nlohmann::json_sax<nlohmann::json>
{
public:
    /// Ends early at a syntax error: parsing then says where.
    void walk(std::string_view text, bool areCommentsIgnored = false)
    {
        nlohmann::json_sax<nlohmann::json>* hooks = this;
        nlohmann::json::sax_parse(text.begin(), text.end(), hooks, nlohmann::json::input_format_t::json, true,
                                  areCommentsIgnored);
    }

protected:
    /// `depth`: how many objects and arrays are open around this one.
    virtual void opened(int depth, bool isObject) = 0;
    virtual void closed(bool isObject) = 0;
    virtual void named(const std::string& key) = 0;

private:
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return true; }
    bool start_object(std::size_t) override { return open(true); }
    bool start_array(std::size_t) override { return open(false); }
    bool end_object() override { return close(true); }
    bool end_array() override { return close(false); }
    bool key(string_t& name) override
    {
        named(name);
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override
    {
        return false;
    }

    bool open(bool isObject)
    {
        opened(m_depth++, isObject);
        return true;
    }
    bool close(bool isObject)
    {
        --m_depth;
        closed(isObject);
        return true;
    }

    int m_depth = 0;
};

} // namespace lora
